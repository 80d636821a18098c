"""Points in a city where they become bus rides and a transit subsidy, and hours stay one's own."""

import re

import pytest
from django.test import Client

from citycard.infra.clock import today
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.harness.cities import City
from tests.portals import looking, purse, seeding

pytestmark = pytest.mark.city("taoyuan")
UNIT = "health-points"
PAGE = f"/points/{UNIT}/credit/transit-subsidy/"


@pytest.fixture(scope="module")
def member(city: City) -> int:
    """Somebody with 320 health points."""
    seeding.activate()
    (found,) = seeding.residents(1)
    at = seeding.at_noon(3)
    with unit_of_work():
        fund = ledger.open_fund(agency="health", campaign_ref="c", unit=UNIT, actor=SYSTEM, now=at)
        key = fact_key(at, "raise")
        ledger.raise_budget(fund_id=fund, amount=500, key=key, at=at, actor=SYSTEM, now=at)
        transfer = ledger.Transfer(
            source=ledger.budget(fund_id=fund, unit=UNIT),
            target=ledger.member(
                holder=found, unit=UNIT, fund=fund, expires_on=today().replace(month=12, day=31)
            ),
            amount=320,
        )
        move = ledger.Move(
            key=fact_key(at, "given"), kind="campaign.award", at=at, transfers=[transfer]
        )
        ledger.move_many(moves=[move], actor=SYSTEM, now=at)
    return found


@pytest.fixture
def resident(member: int) -> Client:
    return purse.resident(member)


def said(response, status: int = 200) -> str:
    found: str = response.content.decode()
    assert response.status_code == status, found[:2000]
    return found


def balance(member: int) -> ledger.Balance:
    return ledger.balances(holders=[member], unit=UNIT, on=today(), access=None)[member]


def test_points_become_a_transit_subsidy_once(city: City, member: int, resident: Client) -> None:
    """兌換交通補助: held at once, with the partner when it has answered."""
    assert "兌換交通補助金額" in said(resident.get(f"/points/{UNIT}/"))
    checked = said(resident.get(f"{PAGE}?amount=100"))
    assert "100 元" in checked
    once = re.search(r'name="once" value="([^"]+)"', checked)
    assert once is not None
    for _ in range(2):  # a double click
        sent = {"amount": "100", "once": once.group(1)}
        assert "已送出 100 點" in said(resident.post(PAGE, sent, follow=True))
    assert (balance(member).available, balance(member).held) == (220, 100)
    assert "正在兌換" in said(resident.get(f"/points/{UNIT}/"))
    city.settle()
    assert (balance(member).available, balance(member).held) == (220, 0)
    page = said(resident.get(f"/points/{UNIT}/"))
    assert "正在兌換" not in page
    entry = re.search(rf'href="(/points/{UNIT}/entries/[^"]+)"', page)
    assert entry is not None
    assert "兌換交通補助金額" in said(resident.get(entry.group(1)))


@pytest.mark.parametrize("amount", ["10", "75", "5000", "-50", "x"])
def test_an_amount_that_is_not_offered_is_said_beside_the_field(
    resident: Client, amount: str
) -> None:
    assert "50 點" in said(resident.get(f"{PAGE}?amount={amount}"), 422)


def test_only_ways_of_this_kind_are_found_here(resident: Client) -> None:
    for address in (
        f"/points/{UNIT}/credit/stored-value/",
        f"/points/{UNIT}/credit/nothing/",
        "/points/volunteer-minutes/credit/transit-subsidy/",
        f"/points/{UNIT}/exchange/hours-to-points/",
    ):
        said(resident.get(address), 404)


def test_hours_are_not_given_to_others_here(resident: Client) -> None:
    said(resident.get("/hours/give/"), 404)
    assert "轉贈" not in said(resident.get("/points/"))


@pytest.mark.parametrize("size", ["phone", "desk"])
@looking.needs_browser[0]
@looking.needs_browser[1]
def test_the_pages_are_accessible_and_fit(resident: Client, size: str) -> None:
    pages = {"unit": f"/points/{UNIT}/", "credit": PAGE, "credit-check": f"{PAGE}?amount=100"}
    wrong = {}
    with looking.served() as address, looking.browsing() as browser:
        page = looking.opened(browser, address, resident, size=size)
        for name, where in pages.items():
            page.goto(address + where)
            looking.picture(page, f"taoyuan-{name}-{size}")
            if found := looking.faults(page):
                wrong[name] = found
        page.context.close()
    assert wrong == {}
