"""Whose card it is: several cards to one member, one member to a card."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.cards import carrying, events, following, states
from citycard.cards.history import note_states
from citycard.cards.kinds import CardTable, card_table
from citycard.cards.values import Bind, Bound
from citycard.infra.database import execute, row, rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

_EVENT_CARDS = 500


class NoSuchCard(Refused):
    """There is no such card."""

    code = "cards.no_such_card"


class AlreadyBound(Refused):
    """This card belongs to another member."""

    code = "cards.already_bound"


class NotBound(Refused):
    """This card belongs to nobody."""

    code = "cards.not_bound"


class CardEnded(Refused):
    """This card is {state} and cannot be used any more."""

    code = "cards.card_ended"


class HoldsOneOfGroup(Refused):
    """This person holds another card of its group, which has to be given back first."""

    code = "cards.holds_one_of_group"


class NothingToFollow(Refused):
    """This person holds no card that a companion's could follow."""

    code = "cards.nothing_to_follow"


def bind_many(*, binds: Sequence[Bind], actor: Actor, now: dt.datetime) -> list[Bound]:
    """Give cards to members from now on; one result a row, and a refused row changes nothing.

    A card that is this member's already stays so (``already``), which makes a repeated batch
    harmless. A right that only one card carries moves to a card that is bound; a companion's card
    follows its holder's, and where that was replaced, the new one; behind one that is stopped it
    is stopped, too, and works from when that works again.

    :raises UnitOfWorkMisused: called outside a unit of work
    """
    require_unit_of_work()
    cards = _lock([bind.card_id for bind in binds])
    results: list[Bound | None] = []
    wanted: dict[int, Bind] = {}
    for bind in binds:
        result = _decide(bind, cards.get(bind.card_id), wanted)
        results.append(result)
        if result is None:
            wanted[bind.card_id] = bind
    kinds = {card_id: card.kind for card_id, card in cards.items()}
    own, followers = following.led(list(wanted.values()), kinds)
    made = _insert(own, cards, now)
    following.follow_anew(bindings=made, kinds=kinds, actor=actor, now=now)
    alone = _insert_followers(followers, kinds, cards, made, now)
    following.stop_behind(card_ids=[bind.card_id for bind in followers], actor=actor, now=now)
    pairs = [(card_id, kinds[card_id], wanted[card_id].member_id) for card_id in made]
    carrying.carry(pairs=pairs, now=now)
    _announce([(card_id, wanted[card_id].member_id) for card_id in made])
    return [
        result or _outcome(bind.card_id, made, alone)
        for bind, result in zip(binds, results, strict=True)
    ]


def unbind(*, card_id: int, actor: Actor, now: dt.datetime, why: str = "unbound") -> None:
    """End a card's binding; the member's other cards stay, but what follows it stops.

    :param why: a code, such as ``not_theirs``; kept in the card's history
    :raises NoSuchCard: there is none with this id
    :raises NotBound: it belongs to nobody
    """
    require_unit_of_work()
    card = _lock([card_id]).get(card_id)
    if card is None:
        raise NoSuchCard()
    if card.member_id is None:
        raise NotBound()
    following.stop_followers(card_id=card_id, actor=actor, now=now)
    end_binding(card_id=card_id, now=now)
    note_states([(card_id, card.state, why)], actor=actor, at=now)
    announce(events.CardsUnbound(card_ids=(card_id,), member_ids=(card.member_id,)))


def end_binding(*, card_id: int, now: dt.datetime) -> int | None:
    """Close the recorded row of an open binding and add one that ends now, and free the rights that
    only this card carried; returns whose it was."""
    carrying.free_card(card_id=card_id, now=now)
    closed = row(
        """
        UPDATE cards_binding SET recorded = tstzrange(lower(recorded), %(now)s)
        WHERE card_id = %(card)s AND upper_inf(recorded) AND upper_inf(bound)
          AND lower(recorded) < %(now)s
        RETURNING member_id, lower(bound) AS start, only_one_of, follows_binding_id
        """,
        {"card": card_id, "now": now},
    )
    if closed is None:
        return _drop_fresh(card_id, now)
    if closed.start < now:
        execute(
            """
            INSERT INTO cards_binding
                (card_id, member_id, bound, recorded, only_one_of, follows_binding_id)
            VALUES (%s, %s, tstzrange(%s, %s), tstzrange(%s, NULL), %s, %s)
            """,
            [
                card_id,
                closed.member_id,
                closed.start,
                now,
                now,
                closed.only_one_of,
                closed.follows_binding_id,
            ],
        )
    return int(closed.member_id)


def _drop_fresh(card_id: int, now: dt.datetime) -> int | None:
    """End a binding that began at this very instant: a moment long, so that it stays on record."""
    ended = row(
        """
        UPDATE cards_binding 
        SET bound = tstzrange(lower(bound), greatest(%s, lower(bound) + interval '1 microsecond'))
        WHERE card_id = %s AND upper_inf(recorded) AND upper_inf(bound) RETURNING member_id
        """,
        [now, card_id],
    )
    return int(ended.member_id) if ended else None


def _lock(card_ids: Sequence[int]) -> dict[int, Any]:
    execute(
        "SELECT FROM cards_card WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE",
        [sorted(set(card_ids))],
    )
    # A second statement, so that it sees what whoever held the locks has just committed.
    found = rows(
        """
        SELECT c.id, c.kind, c.state, b.id AS binding_id, b.member_id
        FROM cards_card c
        LEFT JOIN cards_binding b ON b.card_id = c.id AND upper_inf(b.recorded)
                                 AND upper_inf(b.bound)
        WHERE c.id = ANY(%s::bigint[])
        """,
        [list(set(card_ids))],
    )
    return {card.id: card for card in found}


def _decide(bind: Bind, card: Any | None, wanted: Mapping[int, Bind]) -> Bound | None:
    """Return the answer that needs no change; None when the card is free to become the member's."""
    if card is None:
        return Bound(card_id=bind.card_id, refusal=NoSuchCard())
    if card.state in states.ENDS:
        return Bound(card_id=bind.card_id, refusal=CardEnded(state=card.state))
    if card.member_id == bind.member_id:
        return Bound(card_id=bind.card_id, binding_id=card.binding_id, already=True)
    if card.member_id is not None or bind.card_id in wanted:
        return Bound(card_id=bind.card_id, refusal=AlreadyBound())
    return None


def _insert(binds: Sequence[Bind], cards: Mapping[int, Any], now: dt.datetime) -> dict[int, int]:
    """Insert open bindings; a row that meets the one-of-a-group constraint is left out."""
    if not binds:
        return {}
    table = card_table()
    ordered = sorted(binds, key=lambda bind: (bind.member_id, bind.card_id))
    inserted = rows(
        """
        INSERT INTO cards_binding
            (card_id, member_id, bound, recorded, only_one_of, follows_binding_id)
        SELECT card_id, member_id, tstzrange(%(now)s, NULL), tstzrange(%(now)s, NULL),
               only_one_of, follows
        FROM unnest(%(cards)s::bigint[], %(members)s::bigint[], %(groups)s::text[],
                    %(follows)s::bigint[])
             AS b(card_id, member_id, only_one_of, follows)
        ON CONFLICT DO NOTHING RETURNING card_id, id
        """,
        {
            "now": now,
            "cards": [bind.card_id for bind in ordered],
            "members": [bind.member_id for bind in ordered],
            "groups": [_group(cards[bind.card_id].kind, table) for bind in ordered],
            "follows": [bind.follows_binding_id for bind in ordered],
        },
    )
    return {row.card_id: row.id for row in inserted}


def _insert_followers(
    binds: Sequence[Bind],
    kinds: Mapping[int, str],
    cards: Mapping[int, Any],
    made: dict[int, int],
    now: dt.datetime,
) -> frozenset[int]:
    """Bind cards that follow others, after those; returns the cards that had none to follow."""
    if not binds:
        return frozenset()
    led = following.with_leader(binds, kinds)
    made |= _insert([bind for bind in led if bind is not None], cards, now)
    return frozenset(bind.card_id for bind, found in zip(binds, led, strict=True) if found is None)


def _group(kind: str, table: CardTable) -> str | None:
    known = table.kinds.get(kind)
    return known.one_of_group if known else None


def _outcome(card_id: int, made: Mapping[int, int], alone: frozenset[int]) -> Bound:
    if card_id in made:
        return Bound(card_id=card_id, binding_id=made[card_id])
    if card_id in alone:
        return Bound(card_id=card_id, refusal=NothingToFollow())
    return Bound(card_id=card_id, refusal=HoldsOneOfGroup())


def _announce(pairs: Sequence[tuple[int, int]]) -> None:
    announce(
        *(
            events.CardsBound(
                card_ids=tuple(card for card, _ in pairs[start : start + _EVENT_CARDS]),
                member_ids=tuple(member for _, member in pairs[start : start + _EVENT_CARDS]),
            )
            for start in range(0, len(pairs), _EVENT_CARDS)
        )
    )
