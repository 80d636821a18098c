"""A resident exchanges hours for points at the pack's rate of the day."""

import datetime as dt
from typing import Any

import pytest

from citycard.flows import exchanging
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger

pytestmark = pytest.mark.usefixtures("city")
NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 21)
MINUTES = "volunteer-minutes"
SELF = Actor(id="account:1", kind="resident", roles=frozenset({"resident"}), member_id=1)


@pytest.fixture(scope="module")
def hours(city: Any) -> None:
    with unit_of_work():
        fund = ledger.open_fund(agency="x", campaign_ref="x", unit=MINUTES, actor=SYSTEM, now=NOW)
        target = ledger.member(holder=1, unit=MINUTES, fund=fund)
        given = ledger.Transfer(
            source=ledger.issuer(agency="x", unit=MINUTES), target=target, amount=200
        )
        move = ledger.Move(key=fact_key(NOW, 1), kind="award", at=NOW, transfers=[given])
        ledger.move_many(moves=[move], actor=SYSTEM, now=NOW)


def offered() -> exchanging.Offer:
    found = exchanging.offers(1, TODAY)
    return next(offer for offer in found if offer.terms.code == "hours-to-points")


def test_offered_exchanged_and_done_once(hours: None) -> None:
    offer = offered()
    assert (offer.available, offer.most, offer.terms.worth(offer.most)) == (200, 180, 30)
    key = fact_key(NOW, "page")
    with pytest.raises(ledger.AmountNotExchanged) as no:
        exchanging.exchange(1, "hours-to-points", 130, key, SELF, NOW)
    assert (no.value.facts["below"], no.value.facts["above"]) == (120, 180)

    done = exchanging.exchange(1, "hours-to-points", 180, key, SELF, NOW)
    again = exchanging.exchange(1, "hours-to-points", 180, key, SELF, NOW)

    assert (done.got, done.last_day, done.again) == (30, dt.date(2028, 12, 31), False)
    assert again.again
    assert offered().available == 20
    points = ledger.balances(holders=[1], unit="taipei-points", on=TODAY, access=None)[1]
    assert points.available == 30
    assert ledger.verify() == []


def test_an_old_page_asks_again(hours: None) -> None:
    old = fact_key(NOW - dt.timedelta(days=2), "page")
    with pytest.raises(ledger.KeyTimeWrong):
        exchanging.exchange(1, "hours-to-points", 60, old, SELF, NOW)
