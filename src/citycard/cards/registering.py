"""Making cards known to the city: one at a time or a batch from an import."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from citycard.cards import events, states
from citycard.cards.history import note_states
from citycard.cards.kinds import CardTable, card_table
from citycard.cards.values import CardRegistered, NewCard
from citycard.infra.database import execute, rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.taiwan.card_numbers import canonical

_EVENT_CARDS = 500
_TAIL = 4


class UnknownKind(Refused):
    """The city has no card of kind {kind}."""

    code = "cards.unknown_kind"


class UnknownMedium(Refused):
    """A card of kind {kind} does not exist on medium {medium}."""

    code = "cards.unknown_medium"


class BadNumber(Refused):
    """The {number_kind} number does not have the form that numbers of this medium have."""

    code = "cards.bad_number"


class NumberTaken(Refused):
    """A card with this number is known already."""

    code = "cards.number_taken"


def register_many(
    *, cards: Sequence[NewCard], actor: Actor, now: dt.datetime
) -> list[CardRegistered]:
    """Make cards known; one result a card, and nothing is saved of a refused one.

    Numbers are kept in their canonical form, which is the one that readers' numbers are brought to.

    :raises UnitOfWorkMisused: called outside a unit of work
    """
    require_unit_of_work()
    table = card_table()
    cards = [_with_canonical_numbers(card) for card in cards]
    refusals = [_refusal(card, table) for card in cards]
    ids = _take_ids([i for i, refusal in enumerate(refusals) if refusal is None])
    taken = _insert_numbers(cards, ids, table, now)
    public_ids = {i: uuid.uuid4() for i in ids if i not in taken}
    _insert_cards(cards, ids, public_ids, table, now)
    note_states([(ids[i], cards[i].state, "registered") for i in public_ids], actor=actor, at=now)
    _announce([ids[i] for i in public_ids])
    return [
        CardRegistered(card_id=ids[i], public_id=public_ids[i])
        if i in public_ids
        else CardRegistered(refusal=refusals[i] or NumberTaken())
        for i in range(len(cards))
    ]


def _with_canonical_numbers(card: NewCard) -> NewCard:
    return replace(card, numbers={kind: canonical(kind, it) for kind, it in card.numbers.items()})


def _refusal(card: NewCard, table: CardTable) -> Refused | None:
    kind = table.kinds.get(card.kind)
    if kind is None:
        return UnknownKind(kind=card.kind)
    medium = table.media.get(card.medium)
    wrong_issuer = medium is not None and card.issuer not in ("", medium.issuer)
    if medium is None or card.medium not in kind.media or wrong_issuer:
        return UnknownMedium(kind=card.kind, medium=card.medium)
    assert card.state in (states.ISSUED, states.ACTIVE), "a new card is issued or active"
    for number_kind, number in card.numbers.items():
        rule = medium.numbers.get(number_kind)
        if rule is None or not rule.pattern.fullmatch(number):
            return BadNumber(number_kind=number_kind)
    return None


def _take_ids(wanted: Sequence[int]) -> dict[int, int]:
    taken = rows(
        "SELECT nextval(pg_get_serial_sequence('cards_card', 'id')) AS id"
        " FROM generate_series(1, %s)",
        [len(wanted)],
    )
    return {i: row.id for i, row in zip(wanted, taken, strict=True)}


def _insert_numbers(
    cards: Sequence[NewCard], ids: dict[int, int], table: CardTable, now: dt.datetime
) -> frozenset[int]:
    """Insert the numbers of all cards; returns the places of those that another card has.

    They say already how their cards will stand, so that they need not be written again with them.
    """
    numbers = sorted(
        (table.media[cards[i].medium].issuer, number_kind, number, card_id, i)
        for i, card_id in ids.items()
        for number_kind, number in cards[i].numbers.items()
    )
    own = [cards[row[4]] for row in numbers]
    inserted = rows(
        """
        INSERT INTO cards_card_number
            (issuer, number_kind, number, card_id, kind, works, expires_on, since)
        SELECT n.*, %s FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[],
                                   %s::boolean[], %s::date[]) AS n
        ON CONFLICT DO NOTHING RETURNING card_id
        """,
        [
            now,
            *([row[column] for row in numbers] for column in range(4)),
            [card.kind for card in own],
            [card.state == states.ACTIVE for card in own],
            [card.expires_on for card in own],
        ],
    )
    kept = Counter(row.card_id for row in inserted)
    taken = frozenset(i for i, card_id in ids.items() if kept[card_id] < len(cards[i].numbers))
    if taken:
        execute(
            "DELETE FROM cards_card_number WHERE card_id = ANY(%s::bigint[])",
            [[ids[i] for i in taken]],
        )
    return taken


def _insert_cards(
    cards: Sequence[NewCard],
    ids: dict[int, int],
    public_ids: dict[int, uuid.UUID],
    table: CardTable,
    now: dt.datetime,
) -> None:
    chosen = [(ids[i], public_ids[i], cards[i]) for i in public_ids]
    execute(
        """
        INSERT INTO cards_card
            (id, public_id, kind, medium, issuer, state, state_at, printed_tail, version,
             expires_on, created_at)
        SELECT id, public_id, kind, medium, issuer, state, %(now)s, tail, version,
               expires_on, %(now)s
        FROM unnest(%(ids)s::bigint[], %(public_ids)s::uuid[], %(kinds)s::text[], %(media)s::text[],
                    %(issuers)s::text[], %(states)s::text[], %(tails)s::text[],
                    %(versions)s::text[],
                    %(ends)s::date[])
             AS c(id, public_id, kind, medium, issuer, state, tail, version, expires_on)
        """,
        {
            "now": now,
            "ids": [card_id for card_id, _, _ in chosen],
            "public_ids": [public_id for _, public_id, _ in chosen],
            "kinds": [card.kind for _, _, card in chosen],
            "media": [card.medium for _, _, card in chosen],
            "issuers": [table.media[card.medium].issuer for _, _, card in chosen],
            "states": [card.state for _, _, card in chosen],
            "tails": [_tail(card, table) for _, _, card in chosen],
            "versions": [card.version for _, _, card in chosen],
            "ends": [card.expires_on for _, _, card in chosen],
        },
    )


def _tail(card: NewCard, table: CardTable) -> str:
    return card.numbers.get(table.media[card.medium].shown, "")[-_TAIL:]


def _announce(card_ids: Sequence[int]) -> None:
    announce(
        *(
            events.CardsRegistered(card_ids=tuple(card_ids[start : start + _EVENT_CARDS]))
            for start in range(0, len(card_ids), _EVENT_CARDS)
        )
    )
