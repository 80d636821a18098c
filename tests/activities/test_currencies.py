"""Several currencies side by side: what is given, redeemed or lapses in one never touches another.
An exchange alone goes between two, by an explicit move at the pack's dated rate."""

import datetime as dt
import itertools
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.activities import api as activities
from citycard.flows import exchanging
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.activities.conftest import NOW, give, open_campaign, tap

COMMON, HEALTH = "taipei-points", "health-points"
_n = itertools.count()
_members = itertools.count(1)


def key() -> uuid.UUID:
    return fact_key(NOW, "test", next(_n))


def balance(member: int, unit: str) -> int:
    found = ledger.balances(holders=[member], unit=unit, on=NOW.date(), access=None)
    return found[member].available


def spend(member: int, unit: str, amount: int) -> ledger.Posted:
    one = ledger.Spend(
        key=key(), kind="redemption", at=NOW, holder=member, unit=unit, amount=amount,
        into=ledger.partner(code="easycard", unit=unit),
    )  # fmt: skip
    with unit_of_work():
        [posted] = ledger.spend_many(spends=[one], actor=SYSTEM, now=NOW)
    return posted


@pytest.fixture
def campaigns(db: None) -> dict[str, activities.Campaign]:
    terms: dict[str, Any] = {"per_person_cap": 10_000, "budget": 100_000}
    return {
        COMMON: open_campaign(unit=COMMON, devices=[1], **terms),
        HEALTH: open_campaign(unit=HEALTH, devices=[2], **terms),
    }


def test_a_redemption_of_one_never_takes_from_another(
    campaigns: dict[str, activities.Campaign],
) -> None:
    member = next(_members)
    give([tap(member, reader=1), tap(member, reader=2), tap(member, reader=2)])
    assert (balance(member, COMMON), balance(member, HEALTH)) == (10, 20)
    refused = spend(member, COMMON, 15)  # 30 in all, but not of this one
    assert isinstance(refused.refusal, ledger.NotEnough)
    assert spend(member, COMMON, 10).outcome == "posted"
    assert (balance(member, COMMON), balance(member, HEALTH)) == (0, 20)


def test_no_move_goes_between_two_units(campaigns: dict[str, activities.Campaign]) -> None:
    member = next(_members)
    give([tap(member, reader=1)])
    fund = campaigns[HEALTH].fund_id
    mixed = ledger.Transfer(
        source=ledger.budget(fund_id=fund, unit=HEALTH),
        target=ledger.member(
            holder=member, unit=COMMON, fund=campaigns[COMMON].fund_id, expires_on=None
        ),
        amount=1,
    )
    move = ledger.Move(key=key(), kind="test", at=NOW, transfers=[mixed])
    with unit_of_work():
        [posted] = ledger.move_many(moves=[move], actor=SYSTEM, now=NOW)
    assert isinstance(posted.refusal, ledger.AmountWrong)


def test_an_exchange_names_both_and_leaves_a_trace_in_each(
    campaigns: dict[str, activities.Campaign],
) -> None:
    member = next(_members)
    give([tap(member, reader=1), tap(member, reader=2), tap(member, reader=2)])
    exchanging.exchange(member, "health-to-taipei-points", 20, key(), SYSTEM, NOW)
    assert (balance(member, COMMON), balance(member, HEALTH)) == (30, 0)
    found = rows(
        "SELECT DISTINCT unit FROM pub.ledger_transfers WHERE kind LIKE %s", ["%exchange%"]
    )
    assert {one.unit for one in found} == {COMMON, HEALTH}
    assert ledger.verify() == activities.verify() == []


STEPS = st.lists(
    st.tuples(st.sampled_from(["earn", "spend"]), st.sampled_from([COMMON, HEALTH]),
              st.integers(1, 25)),
    min_size=1, max_size=12,
)  # fmt: skip


@pytest.mark.django_db
class TestAnyOrder:
    """Whatever is earned and redeemed in whatever order, each currency is its own book."""

    @pytest.fixture(autouse=True)
    def _campaigns(self, campaigns: dict[str, activities.Campaign]) -> None:
        self.readers = {COMMON: 1, HEALTH: 2}

    @given(steps=STEPS)
    def test_each_balance_is_what_its_own_steps_make(
        self, steps: list[tuple[str, str, int]]
    ) -> None:
        member = next(_members)
        expected = {COMMON: 0, HEALTH: 0}
        for what, unit, amount in steps:
            if what == "earn":
                expected[unit] += give([tap(member, reader=self.readers[unit])])[0].points
            elif spend(member, unit, amount).outcome == "posted":
                expected[unit] -= amount
        assert {unit: balance(member, unit) for unit in expected} == expected
        assert min(expected.values()) >= 0


def test_the_organiser_sees_one_unit_a_campaign(
    campaigns: dict[str, activities.Campaign],
) -> None:
    give([tap(1, reader=1), tap(1, reader=2)])
    for unit, campaign in campaigns.items():
        numbers = activities.statistics(campaign_id=campaign.id)
        assert (numbers.points, numbers.budget_left) == (10, 99_990)
        assert ledger.fund_of(fund_id=campaign.fund_id).unit == unit
    assert NOW.tzinfo is dt.UTC
