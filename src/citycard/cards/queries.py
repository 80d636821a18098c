"""Reads: a person's cards for people who may see them, a card by its number for machines."""

import json
from collections.abc import Sequence
from typing import Any

from citycard.cards.kinds import CardTable, card_table
from citycard.cards.values import CardFound, CardView
from citycard.infra.database import row, rows
from citycard.kernel.access import Access
from citycard.kernel.taiwan.card_numbers import canonical

_CARDS = """
SELECT DISTINCT ON (c.id) c.id AS card_id, c.public_id, c.kind, c.medium, c.state, c.state_at,
       c.printed_tail, c.version, c.expires_on,
       lower(b.bound) AS bound_at, upper(b.bound) AS unbound_at,
       (SELECT jsonb_object_agg(n.number_kind, n.number)::text FROM cards_card_number n
        WHERE n.card_id = c.id) AS numbers
FROM cards_binding b JOIN cards_card c ON c.id = b.card_id
WHERE b.member_id = %s AND upper_inf(b.recorded)
ORDER BY c.id, lower(b.bound) DESC
"""


def cards_of(*, access: Access, member_id: int) -> list[CardView]:
    """Return a member's cards, present ones first, the newest of each first.

    :param access: must cover the field ``cards`` of this member
    :raises AccessTooNarrow: it does not
    """
    access.require("cards", members=[member_id])
    table = card_table()
    found = [_view(card, table) for card in rows(_CARDS, [member_id])]
    return sorted(found, key=lambda card: (card.unbound_at is not None, -card.bound_at.timestamp()))


def find(*, issuer: str, number_kind: str, number: str) -> CardFound | None:
    """Return the card with a number and whose it is, by ids only.

    For machines, and for finding a person: a card number alone opens nothing, what somebody may
    see of its holder goes through ``people.open_access``.
    """
    found = row(
        """
        SELECT c.id AS card_id, b.member_id, c.state, c.kind, c.medium
        FROM cards_card_number n JOIN cards_card c ON c.id = n.card_id
        LEFT JOIN cards_binding b ON b.card_id = c.id AND upper_inf(b.recorded)
                                 AND upper_inf(b.bound)
        WHERE n.issuer = %s AND n.number_kind = %s AND n.number = %s
        """,
        [issuer, number_kind, canonical(number_kind, number)],
    )
    return CardFound(**found._asdict()) if found else None


def find_by_any_number(*, number: str) -> CardFound | None:
    """Return the one card that a typed number can mean; None for none, or for two candidates.

    Two candidates are never guessed between: the asker reads the number of another kind.
    """
    found = rows(
        "SELECT DISTINCT issuer, number_kind, card_id FROM cards_card_number"
        " WHERE (issuer, number_kind, number) IN"
        " (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]))",
        _known_numbers(number),
    )
    if len({card.card_id for card in found}) != 1:
        return None
    return find(issuer=found[0].issuer, number_kind=found[0].number_kind, number=number)


def holders(*, card_ids: Sequence[int]) -> dict[int, int]:
    """Return card id → member id for the cards that belong to somebody now."""
    found = rows(
        "SELECT card_id, member_id FROM cards_binding"
        " WHERE card_id = ANY(%s::bigint[]) AND upper_inf(recorded) AND upper_inf(bound)",
        [list(card_ids)],
    )
    return {binding.card_id: binding.member_id for binding in found}


def holders_by_number(*, numbers: Sequence[str]) -> list[int | None]:
    """Return whose card each typed number means; None for nobody's, and for two candidates.

    For flows and imports: a list of an agency's, looked up at once.
    """
    found = rows(
        """
        SELECT u.place, min(b.member_id) AS member_id
        FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[])
             AS u(place, issuer, number_kind, number)
        JOIN cards_card_number n ON n.issuer = u.issuer AND n.number_kind = u.number_kind
             AND n.number = u.number
        LEFT JOIN cards_binding b ON b.card_id = n.card_id AND upper_inf(b.recorded)
             AND upper_inf(b.bound)
        GROUP BY u.place HAVING count(DISTINCT n.card_id) = 1
        """,
        _by_any_kind(numbers),
    )
    holder = {one.place: one.member_id for one in found}
    return [holder.get(place) for place in range(len(numbers))]


def version_before(*, member_id: int, card_kind: str) -> str | None:
    """Return the artwork of the newest card of a kind that was a member's; None: this is the
    first. For a flow that makes the next one."""
    found = rows(
        "SELECT c.version FROM cards_binding b JOIN cards_card c ON c.id = b.card_id"
        " WHERE b.member_id = %s AND c.kind = %s AND upper_inf(b.recorded)"
        " ORDER BY lower(b.bound) DESC, c.id DESC LIMIT 1",
        [member_id, card_kind],
    )
    return str(found[0].version) if found else None


def _known_numbers(number: str) -> list[list[str]]:
    """Return issuers, kinds and numbers: what a typed number is under each kind of number."""
    pairs = [
        (medium.issuer, kind) for medium in card_table().media.values() for kind in medium.numbers
    ]
    return [
        [issuer for issuer, _ in pairs],
        [kind for _, kind in pairs],
        [canonical(kind, number) for _, kind in pairs],
    ]


def _by_any_kind(numbers: Sequence[str]) -> list[list[Any]]:
    """Return places, issuers, kinds and numbers: each number under each kind of number."""
    asked: list[tuple[Any, ...]] = [
        (place, *under)
        for place, number in enumerate(numbers)
        if number
        for under in zip(*_known_numbers(number), strict=True)
    ]
    return [list(column) for column in zip(*asked, strict=True)] or [[], [], [], []]


def _view(card: Any, table: CardTable) -> CardView:
    given = card._asdict()
    numbers, tail = _numbers(given.pop("numbers")), given.pop("printed_tail")
    return CardView(masked_number=table.masked(card.medium, numbers, tail), **given)


def _numbers(text: str | None) -> dict[str, str]:
    return json.loads(text) if text else {}
