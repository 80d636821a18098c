"""The pack's limits: amounts, the purse's NT$10,000, the day's sum, one writer a card."""

import datetime as dt

import pytest

from citycard.kernel.access import Access
from citycard.ledger import api as ledger
from citycard.redemptions import api as redemptions
from tests.redemptions.conftest import (
    AGENT,
    DAAN,
    NOW,
    Card,
    balance,
    expire,
    new_card,
    release,
    reserve,
)

pytestmark = pytest.mark.usefixtures("clean_books")


def look(card: Card, *, now: dt.datetime = NOW) -> redemptions.KioskView:
    access = Access(
        subjects=frozenset({card.member}),
        fields=frozenset({"points"}),
        purpose="own-data",
        actor=AGENT,
        record_id=None,
    )
    return redemptions.look(
        access=access,
        card_id=card.id,
        member_id=card.member,
        medium="easycard",
        purse=card.purse,
        now=now,
    )


@pytest.mark.parametrize("points", [0, -5, 1001, 10**9, 1.5, True])
def test_amounts_outside_the_packs_are_refused(points: int) -> None:
    with pytest.raises(redemptions.AmountNotOffered):
        reserve(new_card(5000), points)


def test_a_purse_never_holds_more_than_the_law_allows() -> None:
    """最高可儲值1萬元"""
    card = new_card(1000, purse=9_900)
    assert look(card).most == 100
    with pytest.raises(redemptions.PurseFull) as refused:
        reserve(card, 101)
    assert refused.value.facts == {"purse": 9900, "purse_max": 10000, "room": 100}
    assert reserve(card, 100).ntd == 100
    full = new_card(1000, purse=10_000)
    assert (look(full).most, look(full).why_not) == (0, "purse_full")


def test_a_balance_is_not_overdrawn() -> None:
    card = new_card(60)
    with pytest.raises(ledger.NotEnoughPoints):
        reserve(card, 61)
    assert balance(card) == (60, 0)
    assert redemptions.by_key(key=reserve(card, 60).key) is not None


def test_one_person_two_kiosks_two_cards_one_balance() -> None:
    first = new_card(100)
    second = new_card(0, member=first.member)
    reserve(first, 60)
    with pytest.raises(ledger.NotEnoughPoints):
        reserve(second, 60, kiosk=DAAN)
    assert reserve(second, 40, kiosk=DAAN).state == "reserved"
    assert balance(first) == (0, 100)


def test_a_card_is_in_one_writer_at_a_time() -> None:
    card = new_card(300)
    session = reserve(card)
    with pytest.raises(redemptions.CardBusy):
        reserve(card, 50, kiosk=DAAN)
    assert look(card).why_not == "busy"
    release(session)
    assert reserve(card, 50, kiosk=DAAN).state == "reserved"


def test_the_days_sum_counts_what_is_under_way_and_not_what_came_back() -> None:
    card = new_card(9000)
    for n in range(4):
        other = Card(id=90_000 + n, member=card.member)
        if n < 3:
            session = reserve(other, 1000)
    assert look(card).why_not == "day_limit"
    with pytest.raises(redemptions.DayLimitReached):
        reserve(card, 1)
    release(session)
    assert look(card).most == 1000
    tomorrow = NOW + dt.timedelta(days=1)
    expire(tomorrow)
    assert reserve(card, 1000, now=tomorrow).state == "reserved"


def test_a_medium_without_conversion_is_refused() -> None:
    with pytest.raises(redemptions.MediumNotWritten):
        reserve(new_card(), medium="virtual")


def test_choices_fit_what_is_possible() -> None:
    assert look(new_card(320)).choices == (50, 100, 200, 320)
    assert look(new_card(30)).choices == (30,)
    empty = look(Card(id=1, member=4711))
    assert (empty.choices, empty.why_not) == ((), "no_points")
    assert look(new_card(5000)).choices == (50, 100, 200, 500, 1000)
