"""Whose a card is."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from citycard.cards import api as cards
from citycard.infra.database import execute, rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access, AccessTooNarrow
from citycard.kernel.actors import SYSTEM
from tests.cards.conftest import NOW

LATER = NOW + dt.timedelta(days=3)
NewCard = Callable[..., int]


def bind(*pairs: tuple[int, int], now: dt.datetime = NOW) -> list[cards.Bound]:
    binds = [cards.Bind(card_id=card, member_id=member) for card, member in pairs]
    with unit_of_work():
        return cards.bind_many(binds=binds, actor=SYSTEM, now=now)


def access(member_id: int, *fields: str) -> Access:
    return Access(
        subjects=frozenset({member_id}),
        fields=frozenset(fields or {"cards"}),
        purpose="own",
        actor=SYSTEM,
        record_id=None,
    )


def cards_of(member_id: int) -> list[cards.CardView]:
    return cards.cards_of(access=access(member_id), member_id=member_id)


def test_several_cards_belong_to_one_member_and_unbinding_one_leaves_the_rest(
    new_card: NewCard,
) -> None:
    own, health, other = new_card(), new_card(kind="health"), new_card()
    assert all(bound.refusal is None for bound in bind((own, 7), (health, 7), (other, 7)))
    with unit_of_work():
        cards.unbind(card_id=other, actor=SYSTEM, now=LATER)
    assert cards.holders(card_ids=[own, health, other]) == {own: 7, health: 7}
    assert [card.unbound_at is None for card in cards_of(7)] == [True, True, False]


def test_a_card_never_belongs_to_two_members(new_card: NewCard) -> None:
    card = new_card(member=7)
    [refused] = bind((card, 8))
    assert refused.refusal is not None
    assert refused.refusal.code == "cards.already_bound"
    fresh = new_card()
    first, second = bind((fresh, 7), (fresh, 8))
    assert first.refusal is None
    assert second.refusal is not None
    assert cards.holders(card_ids=[card, fresh]) == {card: 7, fresh: 7}


def test_the_database_itself_refuses_a_second_holder(new_card: NewCard) -> None:
    card = new_card(member=7)
    with pytest.raises(IntegrityError), transaction.atomic():
        execute(
            "INSERT INTO cards_binding (card_id, member_id, bound, recorded)"
            " VALUES (%s, 8, tstzrange(%s, NULL), tstzrange(%s, NULL))",
            [card, NOW, NOW],
        )


def test_the_same_binding_twice_changes_nothing(new_card: NewCard) -> None:
    card = new_card(member=7)
    [again] = bind((card, 7), now=LATER)
    assert again.already
    assert again.refusal is None
    assert scalar("SELECT count(*) FROM cards_binding WHERE card_id = %s", [card]) == 1


def test_a_concession_card_is_one_a_person(new_card: NewCard) -> None:
    senior, disability, second = (
        new_card(kind="senior"),
        new_card(kind="disability"),
        new_card(kind="senior"),
    )
    first, refused = bind((senior, 7), (disability, 7))
    assert first.refusal is None
    assert refused.refusal is not None
    assert refused.refusal.code == "cards.holds_one_of_group"
    with unit_of_work():
        cards.report_lost(card_id=senior, actor=SYSTEM, now=LATER)
    [now_fine] = bind((second, 7), now=LATER)
    assert now_fine.refusal is None


def test_bindings_keep_two_times(new_card: NewCard) -> None:
    card = new_card(member=7)
    with unit_of_work():
        cards.unbind(card_id=card, actor=SYSTEM, now=LATER)
    bind((card, 8), now=LATER)
    known = rows(
        "SELECT member_id, lower(bound) AS start, upper(bound) AS stop FROM pub.bindings"
        " WHERE card_id = %s ORDER BY start",
        [card],
    )
    assert [tuple(row) for row in known] == [(7, NOW, LATER), (8, LATER, None)]
    assert scalar("SELECT count(*) FROM cards_binding WHERE card_id = %s", [card]) == 3


def test_a_card_is_shown_masked_by_the_media_rule_and_only_with_access(new_card: NewCard) -> None:
    new_card(member=7, number="1234567890123452")
    [view] = cards_of(7)
    assert view.masked_number == "12345******23452"
    with pytest.raises(AccessTooNarrow):
        cards.cards_of(access=access(8), member_id=7)
    with pytest.raises(AccessTooNarrow):
        cards.cards_of(access=access(7, "name"), member_id=7)


def test_binding_what_is_not_there_or_has_ended_is_refused(new_card: NewCard) -> None:
    gone = new_card()
    with unit_of_work():
        cards.end(card_id=gone, state="returned", why="holder_returned", actor=SYSTEM, now=NOW)
    missing, ended = bind((999_999_999, 7), (gone, 7))
    assert missing.refusal == cards.NoSuchCard()
    assert ended.refusal == cards.CardEnded(state="returned")
    with unit_of_work(), pytest.raises(cards.NotBound):
        cards.unbind(card_id=gone, actor=SYSTEM, now=NOW)
