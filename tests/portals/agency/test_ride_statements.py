"""A closed month's settlement with operators: as it was told, with what was corrected since."""

import pytest

from citycard.fares import api as fares
from citycard.infra import partitions
from citycard.infra.unit_of_work import unit_of_work
from tests.fares.riding_town import MONTH, NOW, Town, at
from tests.flows.test_riding_statements import APRIL, MAY, close, ride
from tests.portals import looking, seeding

pytestmark = [pytest.mark.city("taoyuan"), pytest.mark.usefixtures("city")]


@pytest.fixture(scope="module")
def town(city) -> Town:
    """March is closed; a tap of March comes late, and April's closing tells it; then another."""
    with unit_of_work():
        partitions.ensure_months(APRIL, MAY.date())
    made = Town()
    number = made.card(made.resident("senior-rides"))
    made.take(*ride(made, number, 5), *ride(made, number, 6))
    taxi = {"operator": "love-taxi", "route": "", "fare_ntd": 101}
    made.take(made.tap(number, at(20, 10), "whole", charged_ntd=101, **taxi))
    close(MONTH, NOW)
    made.take(*ride(made, number, 7))
    close(APRIL, MAY)
    made.take(*ride(made, number, 8))
    return made


@pytest.fixture(scope="module")
def finance(town):
    return seeding.signed_in("finance", "transport", ["finance"])


def test_the_page_shows_what_was_told_and_what_is_other_since(finance):
    march = finance.get(f"/agency/rides/?month={MONTH:%Y-%m}").content.decode()
    for said in ("已結帳", "第 1 版", "點數與帳", "結帳後的變動，列入下一次結帳"):
        assert said in march, said
    april = finance.get(f"/agency/rides/?month={APRIL:%Y-%m}").content.decode()
    assert "2026 年 3 月之更正" in april or "2026年3月之更正" in april
    assert [it.rides for it in fares.since_told(month=MONTH)] == [1]


def test_a_closed_month_s_files_are_the_kept_ones_to_the_byte(finance):
    def sent(ending: str, operator: str = "") -> bytes:
        address = f"/agency/rides/statement.{ending}?month={MONTH:%Y-%m}&operator={operator}"
        return finance.get(address).content

    assert sent("csv") == sent("csv")
    assert len(sent("csv.sig")) > 40
    assert sent("pdf").startswith(b"%PDF")
    assert sent("csv", "taoyuan-bus") != sent("csv")
    for wrong in ("exe", "csv.exe"):
        address = f"/agency/rides/statement.{wrong}?month={MONTH:%Y-%m}"
        assert finance.get(address).status_code == 404
    address = f"/agency/rides/statement.csv?month={MONTH:%Y-%m}&operator=ferry-7"
    assert finance.get(address).status_code == 404


@pytest.mark.browser
@pytest.mark.skipif(not looking.AXE.is_file(), reason="npm ci has not run")
def test_the_pages_are_accessible_and_fit(finance):
    with looking.served() as address, looking.browsing() as browser:
        windows = looking.Windows(browser, address)
        for name, month in (("march", MONTH), ("april", APRIL)):
            for size in ("phone", "desk"):
                path = f"/agency/rides/?month={month:%Y-%m}&operator=taoyuan-bus"
                page = windows.at(path, finance, size=size)
                looking.picture(page, f"agency-ride-statements-{name}-{size}")
                assert looking.faults(page) == [], (name, size)
