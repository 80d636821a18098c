"""A card's life: what it may become, and from when on."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.utils import timezone

from citycard.cards import api as cards
from citycard.cards import states
from citycard.infra.database import scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import say
from citycard.kernel.actors import SYSTEM
from tests.cards.conftest import NOW

LATER = NOW + dt.timedelta(hours=2)
NewCard = Callable[..., int]


def state_at(card_id: int, instant: dt.datetime) -> str | None:
    return scalar("SELECT pub.card_state_at(%s, %s)", [card_id, instant])


def test_a_lost_card_is_out_of_use_from_the_report_on_and_its_binding_ends(
    new_card: NewCard,
) -> None:
    card = new_card(member=7)
    with unit_of_work():
        cards.report_lost(card_id=card, actor=SYSTEM, now=LATER)
    assert cards.holders(card_ids=[card]) == {}
    assert state_at(card, LATER - dt.timedelta(seconds=1)) == "active"
    assert state_at(card, LATER) == "lost"
    assert state_at(card, NOW - dt.timedelta(days=1)) is None
    assert cards.verify() == []


def test_the_first_report_of_a_loss_stands(new_card: NewCard) -> None:
    card = new_card(member=7)
    with unit_of_work():
        cards.report_lost(card_id=card, actor=SYSTEM, now=LATER)
        with pytest.raises(cards.CardAlreadyLost) as refused:
            cards.report_lost(card_id=card, actor=SYSTEM, now=LATER + dt.timedelta(days=1))
    with timezone.override(current_pack().zone):  # as every door does
        told = say(refused.value, "zh-hant").sentence
    assert "11:00" in told, "the hour decides who bears what: it is the city's, not UTC's 3:00"
    assert scalar("SELECT state_at FROM cards_card WHERE id = %s", [card]) == LATER


def test_a_stopped_card_comes_back_and_keeps_its_holder(new_card: NewCard) -> None:
    card = new_card(member=7)
    with unit_of_work():
        cards.suspend(card_id=card, why="holder_asked", actor=SYSTEM, now=LATER)
        with pytest.raises(cards.NotAllowedNow):
            cards.suspend(card_id=card, why="holder_asked", actor=SYSTEM, now=LATER)
        cards.resume(card_id=card, actor=SYSTEM, now=LATER + dt.timedelta(hours=1))
    assert cards.holders(card_ids=[card]) == {card: 7}


def test_an_unknown_card_cannot_be_lost(db: None) -> None:
    with unit_of_work(), pytest.raises(cards.NoSuchCard):
        cards.report_lost(card_id=999_999_999, actor=SYSTEM, now=NOW)


@pytest.mark.parametrize("end", sorted(states.ENDS))
@pytest.mark.parametrize("wanted", sorted(states.CHANGES))
def test_nothing_follows_an_end(end: str, wanted: str) -> None:
    assert not states.allows(end, wanted)
