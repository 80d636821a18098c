"""One card a right, where the rule says so: binding another moves it, the card's end frees it.

That the right itself ends frees no card: its own days say when it counts. If it comes back, since
what ended it was a mistake that is undone, it is on the card that it was on, for the days between
as well.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from citycard.cards.events import RightMovedToCard
from citycard.cards.kinds import card_table
from citycard.infra.database import execute, row, rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

_ATTEMPTS = 5


class CannotCarry(Refused):
    """This card can't carry {entitlement}."""

    code = "cards.cannot_carry"


class RightMovedMeanwhile(Refused):
    """The right {entitlement} was bound to another card in the meantime."""

    code = "cards.right_moved_meanwhile"


@dataclass(frozen=True, kw_only=True)
class RightMoved:
    """Which card carries a right now.

    :ivar from_card_id: the one before; None when there was none
    :ivar already: it was this card before; nothing was changed
    """

    entitlement: str
    card_id: int
    from_card_id: int | None
    already: bool = False


def move_right(
    *, entitlement: str, card_id: int, seen_card_id: int | None, actor: Actor, now: dt.datetime
) -> RightMoved:
    """Bind a right to one of its holder's cards; the card that carried it no longer does.

    Announces ``cards.right.moved``.

    :param seen_card_id: the card that carried it as the counter saw it, None for none: of two
        counters that saw the same, exactly one moves it
    :raises CannotCarry: the right isn't of that sort, or the card is nobody's or of another kind
    :raises RightMovedMeanwhile: another card carries it than the one that was seen
    """
    require_unit_of_work()
    holder = _holder(card_id, entitlement)
    current = _current([(holder, entitlement)]).get((holder, entitlement))
    if current == card_id:
        return RightMoved(
            entitlement=entitlement, card_id=card_id, from_card_id=card_id, already=True
        )
    if current != seen_card_id:
        raise RightMovedMeanwhile(entitlement=entitlement)
    _end([(holder, entitlement)], now)
    if not _begin([(holder, entitlement, card_id)], now):
        raise RightMovedMeanwhile(entitlement=entitlement)
    announce(
        RightMovedToCard(
            entitlement=entitlement, card_id=card_id, from_card_id=current, member_id=holder
        )
    )
    return RightMoved(entitlement=entitlement, card_id=card_id, from_card_id=current)


def carry(*, pairs: Sequence[tuple[int, str, int]], now: dt.datetime) -> None:
    """Let cards that were just bound carry what only one card may: (card, kind, member).

    A right that another card of the person carried moves with it, in the same transaction.
    """
    table = card_table()
    wanted = {
        (member, code): card
        for card, kind, member in pairs
        if kind in table.kinds
        for code in sorted(table.kinds[kind].carries & table.single_rights)
    }
    for _ in range(_ATTEMPTS):
        if not wanted:
            return
        current = _current(list(wanted))
        wanted = {key: card for key, card in wanted.items() if current.get(key) != card}
        _end(list(wanted), now)
        done = _begin([(*key, card) for key, card in wanted.items()], now)
        wanted = {key: card for key, card in wanted.items() if key not in done}
    assert not wanted, "a right could not be bound to a card"


def free_card(*, card_id: int, now: dt.datetime) -> None:
    """End what a card carries that is no longer its holder's."""
    found = rows(
        "SELECT member_id, entitlement FROM cards_right_card"
        " WHERE card_id = %s AND upper_inf(recorded) AND upper_inf(bound)",
        [card_id],
    )
    if found:
        keys = [(one.member_id, one.entitlement) for one in found]
        current = _current(keys)
        _end([key for key in keys if current.get(key) == card_id], now)


def cards_carrying(*, member_ids: Sequence[int]) -> Mapping[tuple[int, str], int]:
    """Return which card carries a right of members that only one may: (member, right) → card."""
    found = rows(
        "SELECT member_id, entitlement, card_id FROM cards_right_card"
        " WHERE member_id = ANY(%s::bigint[]) AND upper_inf(recorded) AND upper_inf(bound)",
        [list(member_ids)],
    )
    return {(one.member_id, one.entitlement): one.card_id for one in found}


def _holder(card_id: int, entitlement: str) -> int:
    """Lock a card and return whose it is, if it can carry the right."""
    execute("SELECT FROM cards_card WHERE id = %s FOR UPDATE", [card_id])
    card = row(
        """
        SELECT c.kind, b.member_id FROM cards_card c
        LEFT JOIN cards_binding b ON b.card_id = c.id AND upper_inf(b.recorded)
                                 AND upper_inf(b.bound)
        WHERE c.id = %s
        """,
        [card_id],
    )
    table = card_table()
    kind = table.kinds.get(card.kind) if card is not None else None
    if (
        card is None
        or card.member_id is None
        or kind is None
        or entitlement not in table.single_rights & kind.carries
    ):
        raise CannotCarry(entitlement=entitlement)
    return int(card.member_id)


Key = tuple[int, str]


def _current(keys: Sequence[Key]) -> dict[Key, int]:
    """Lock which cards carry rights, in order, and return them."""
    if not keys:
        return {}
    columns = [list(column) for column in zip(*sorted(keys), strict=True)]
    found = rows(
        """
        SELECT t.member_id, t.entitlement, t.card_id
        FROM cards_right_card t
        JOIN unnest(%s::bigint[], %s::text[]) AS k(member_id, entitlement)
             USING (member_id, entitlement)
        WHERE upper_inf(t.recorded) AND upper_inf(t.bound)
        ORDER BY t.member_id, t.entitlement FOR UPDATE OF t
        """,
        columns,
    )
    return {(one.member_id, one.entitlement): one.card_id for one in found}


def _end(keys: Sequence[Key], now: dt.datetime) -> None:
    """Close the recorded rows of open bindings and add ones that end now."""
    if not keys:
        return
    columns = [list(column) for column in zip(*sorted(keys), strict=True)]
    execute(
        """
        WITH closed AS (
            UPDATE cards_right_card t
            SET recorded = tstzrange(lower(t.recorded), greatest(%(now)s, lower(t.recorded)
                                     + interval '1 microsecond'))
            FROM unnest(%(members)s::bigint[], %(rights)s::text[]) AS k(member_id, entitlement)
            WHERE t.member_id = k.member_id AND t.entitlement = k.entitlement
              AND upper_inf(t.recorded) AND upper_inf(t.bound)
            RETURNING t.member_id, t.entitlement, t.card_id, lower(t.bound) AS start,
                      upper(t.recorded) AS at)
        INSERT INTO cards_right_card (member_id, entitlement, card_id, bound, recorded)
        SELECT member_id, entitlement, card_id, tstzrange(start, %(now)s), tstzrange(at, NULL)
        FROM closed WHERE start < %(now)s
        """,
        {"now": now, "members": columns[0], "rights": columns[1]},
    )


def _begin(bindings: Sequence[tuple[int, str, int]], now: dt.datetime) -> set[Key]:
    """Add open bindings where nobody was quicker; returns those that were added."""
    if not bindings:
        return set()
    columns = [list(column) for column in zip(*sorted(bindings), strict=True)]
    found = rows(
        """
        INSERT INTO cards_right_card (member_id, entitlement, card_id, bound, recorded)
        SELECT member_id, entitlement, card_id, tstzrange(%s, NULL), tstzrange(%s, NULL)
        FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS b(member_id, entitlement, card_id)
        ON CONFLICT DO NOTHING RETURNING member_id, entitlement
        """,
        [now, now, *columns],
    )
    return {(one.member_id, one.entitlement) for one in found}
