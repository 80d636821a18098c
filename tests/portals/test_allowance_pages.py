"""This month's allowance as its holder reads it, and a month's figures as an agency does."""

import datetime as dt

import pytest

from citycard.entitlements import api as entitlements
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from citycard.portals.agency import allowances
from citycard.portals.resident import units
from citycard.taps import api as taps
from tests.entitlements.allowance_town import say
from tests.portals import looking, purse, seeding

pytestmark = pytest.mark.usefixtures("city")
UNIT = "ride-points"
CLINIC, SPRING = "hospital-renai-desk", "hot-spring-beitou"


@pytest.fixture(scope="module")
def members(city):
    """Twenty-four residents with a monthly allowance; twelve used theirs, one at a clinic."""
    seeding.activate()
    found = seeding.residents(24)
    since = dt.date(2026, 1, 5)
    for member in found:
        say(member, "resides_in_city", True, since=since)
        say(member, "registered_district", "daan", since=since)
        say(member, "status.disability", True, since=since)
        say(member, "approval.disability-rides", True, since=since)
    now = dt.datetime.now(dt.UTC)
    with unit_of_work():
        entitlements.decide(member_ids=found, on=since, now=now, actor=SYSTEM)
    with unit_of_work():
        month = current_pack().time.month(now)
        entitlements.grant_month(month=month, member_ids=found, now=now, actor=SYSTEM)
    readers = seeding.enrol_readers(SPRING, service="hot-spring")
    readers |= seeding.enrol_readers(CLINIC, service="hospital-registration")
    at = now - dt.timedelta(minutes=5)
    reads = [(readers[SPRING], n, 90) for n in range(12)] + [(readers[CLINIC], 0, 50)]
    seeding.take(
        *(
            seeding.tap(device, n, at)._replace(sale=taps.SalePart(price, purse_ntd=20))
            for device, n, price in reads
        )
    )
    return found


def test_the_holder_sees_how_much_why_and_what_for(members):
    page = purse.resident(members[0]).get(f"/points/{UNIT}/").content.decode()
    for words in ("600 點", "110 點", "490 點", "的資料", "溫泉場館扣點", "掛號費扣點", "另付"):
        assert words in page, words
    english = {"accept-language": "en"}
    answer = purse.resident(members[0]).get(f"/points/{UNIT}/", headers=english)
    page = answer.content.decode()
    for words in (
        "This month",
        "Why this amount",
        "By the register on",
        "Hot springs by points",
        "NT$20",
    ):
        assert words in page, words


def test_what_was_granted_ahead_is_no_balance_yet():
    eve = dt.date(2026, 11, 30)
    lots = (
        ledger.Part(fund=1, expires_on=eve, amount=490),
        ledger.Part(fund=1, expires_on=dt.date(2026, 12, 31), amount=600),
    )
    both = ledger.Balance(available=1090, held=0, lots=lots)
    assert units.of_this_month(both, eve) == ledger.Balance(available=490, held=0, lots=lots[:1])


def test_the_agency_sees_sums_and_no_handful(members):
    officer = seeding.signed_in("officer", "public-transport", ["officer"])
    page = officer.get("/agency/allowances/").content.decode()
    for words in ("14,400", "溫泉場館", "—", "有些數字不顯示"):
        assert words in page, words
    assert "每月補助" in page


def test_small_cells_and_what_they_follow_from_are_hidden():
    lines = tuple(
        entitlements.CategoryFigure(category=name, uses=uses, points=points, people=people)
        for name, uses, points, people in (
            ("bus", 900, 7200, 80), ("taxi", 40, 3000, 30), ("clinic", 3, 150, 3),
        )
    )  # fmt: skip
    one = entitlements.AllowanceFigures(
        unit=UNIT, people=100, granted=60_000, users=90, used=10_350, categories=lines
    )
    shown = allowances.shown(one)
    assert [line.points for line in shown.lines] == [7200, None, None]
    assert (shown.used, shown.percent) == (10_350, 17)
    few = allowances.shown(
        entitlements.AllowanceFigures(
            unit=UNIT, people=4, granted=2400, users=2, used=50, categories=lines[2:]
        )
    )
    assert (few.people, few.granted, few.users, few.used, few.percent) == (None,) * 5


@pytest.fixture(scope="module")
def address(members):
    with looking.served() as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with looking.browsing() as found:
        yield found


@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("language", ["zh-hant", "en"])
@pytest.mark.parametrize("door", ["resident", "agency"])
def test_they_are_accessible_and_fit(members, address, browser, door, language, size):
    if door == "resident":
        who, path = purse.resident(members[0]), f"/points/{UNIT}/"
    else:
        who = seeding.signed_in("officer", "public-transport", ["officer"])
        path = "/agency/allowances/"
    page = looking.opened(browser, address, who, size=size, language=language)
    page.goto(address + path)
    looking.picture(page, f"allowance-{door}-{language}-{size}")
    assert looking.faults(page) == []
    page.context.close()


for mark in looking.needs_browser:
    test_they_are_accessible_and_fit = mark(test_they_are_accessible_and_fit)
