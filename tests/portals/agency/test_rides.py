"""Operators' settlement, the queue of differences and a resident's own rides, as they are seen."""

import csv
import io

import pytest

from citycard.fares import api as fares
from citycard.flows import refunding
from citycard.infra import clock
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.fares.riding_town import MONTH, Town, at
from tests.portals import looking, purse, seeding

pytestmark = [pytest.mark.city("taoyuan"), pytest.mark.usefixtures("city")]
UNIT = "health-points"


@pytest.fixture(scope="module")
def town(city) -> Town:
    made = Town()
    made.member = made.resident("senior-rides")
    number = made.card(made.member)
    made.take(
        made.tap(number, at(3, 8), "in", ticket="senior"),
        made.tap(number, at(3, 9), "out", metres=8_000, points_taken=9, charged_ntd=0),
        made.tap(number, at(4, 8), "in", ticket="senior"),
        made.tap(number, at(4, 9), "out", metres=8_000, charged_ntd=18),  # took no points
        made.tap(number, at(5, 8), "whole", operator="ferry-7", route="", charged_ntd=25),
        made.tap(number, at(6, 8), "in"),
        made.tap(number, at(7, 8), "whole", operator="love-taxi", route="", fare_ntd=101,
                 charged_ntd=101),
    )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def finance(town):
    return seeding.signed_in("finance", "transport", ["finance"])


@pytest.mark.browser
@pytest.mark.skipif(not looking.AXE.is_file(), reason="npm ci has not run")
def test_the_pages_are_accessible_and_fit(finance, town):
    pages = {
        "settlement": (f"/agency/rides/?month={MONTH:%Y-%m}&operator=taoyuan-bus", finance),
        "differences": ("/agency/rides/differences/", finance),
        "own": ("/rides/", purse.resident(town.member)),
    }
    with looking.served() as address, looking.browsing() as browser:
        windows = looking.Windows(browser, address)
        for name, (path, who) in pages.items():
            for size in ("phone", "desk"):
                page = windows.at(path, who, size=size)
                looking.picture(page, f"agency-rides-{name}-{size}")
                assert looking.faults(page) == [], (name, size)


def test_a_month_s_statement_adds_up_on_the_page_and_in_its_files(finance):
    page = finance.get(f"/agency/rides/?month={MONTH:%Y-%m}&operator=taoyuan-bus").content.decode()
    for said in ("桃園客運", "愛心計程車隊", "5053", "敬老", "應收總金額", "法定差額", "社福"):
        assert said in page, said
    sent = finance.get(f"/agency/rides/statement.csv?month={MONTH:%Y-%m}")
    head, *lines = csv.reader(io.StringIO(sent.content.decode("utf-8-sig")))
    assert head[4] == "應收總金額 Due"
    for line in lines:
        due, paid = float(line[4]), [float(cell) for cell in line[5:]]
        assert due == sum(paid), line
    total = lines[-1]
    of_routes = [line for line in lines if line[1]] + [
        line for line in lines if line[0] and not line[1] and line[2] not in ("合計 Total", "")
    ]
    assert int(total[3]) >= sum(int(line[3]) for line in of_routes)
    for ending, begins in (("xlsx", b"PK"), ("pdf", b"%PDF")):
        sent = finance.get(f"/agency/rides/statement.{ending}?month={MONTH:%Y-%m}")
        assert sent.content.startswith(begins)
    assert finance.get("/agency/rides/statement.exe").status_code == 404


def test_the_sums_are_those_of_the_rides(town):
    lines = fares.operator_month(month=MONTH)
    for line in lines:
        paid = line.collected_micro + sum(line.subsidies.values()) + line.difference_micro
        assert line.due_micro == paid
    due = scalar("SELECT sum(due_micro)::bigint FROM fares_ride WHERE closed_at IS NULL")
    assert sum(line.due_micro for line in lines) == due
    assert sum(line.rides for line in lines) == 5


def test_differences_are_named_and_worked_off_with_a_reason(finance, town):
    page = finance.get("/agency/rides/differences/").content.decode()
    for said in ("多扣", "沒有票價的路線", "ferry-7"):
        assert said in page, said
    [ferry] = fares.differences(kind=fares.Difference.UNKNOWN_TARIFF)
    said = {"difference": ferry.id, "outcome": "operator", "note": ""}
    assert finance.post("/agency/rides/differences/", said).status_code == 422
    said["note"] = "渡輪尚未列入票價表，已洽業者"
    assert finance.post("/agency/rides/differences/", said).status_code == 302
    assert fares.differences(kind=fares.Difference.UNKNOWN_TARIFF) == []
    assert finance.post("/agency/rides/differences/", said).status_code == 422
    assert "渡輪尚未列入票價表" in finance.get("/agency/rides/differences/").content.decode()
    auditor = seeding.signed_in("auditor", "transport", ["auditor"])
    assert auditor.post("/agency/rides/differences/", said).status_code in (403, 404)


def test_what_was_charged_too_much_comes_back_by_a_refund_run(finance, town):
    [over] = [one for one in fares.differences(kind=fares.Difference.TOO_MUCH) if one.rider > 0][:1]
    with unit_of_work():
        fund = ledger.open_fund(
            agency="transport", campaign_ref="rides", unit=UNIT, actor=SYSTEM, now=clock.now()
        )
        ledger.raise_budget(
            fund_id=fund, amount=500, key=fact_key(clock.now(), "b"), at=clock.now(),
            actor=SYSTEM, now=clock.now(),
        )  # fmt: skip
    said = {
        "difference": over.id, "outcome": "refund", "fund": fund, "note": "設備未扣點數",
        "note_en": "The device took no points",
    }  # fmt: skip
    answer = finance.post("/agency/rides/differences/", said)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    run = ledger.refund_run(run_id=int(answer["Location"].rstrip("/").rpartition("/")[2]))
    assert (run.points, run.people) == (-over.amount_micro // 1_000_000, 1)
    assert finance.get(answer["Location"]).status_code == 200
    with unit_of_work():
        ledger.begin_refund_run(run_id=run.id, actor=SYSTEM, now=clock.now())
    refunding.go_on(clock.now())
    today = clock.today()
    found = ledger.balances(access=None, holders=[town.member], unit=UNIT, on=today)[town.member]
    assert found.available == run.points
    assert ledger.verify() == []
    town.decide_again([town.member])
    assert over.id not in {one.id for one in fares.differences()}
    assert fares.verify() == []


def test_a_resident_sees_each_ride_and_why_it_cost_what_it_did(town):
    resident = purse.resident(town.member)
    page = resident.get("/rides/").content.decode()
    for said in (
        "我的乘車", "桃園客運 5053", "全票 18 元、法定半票、補助點數付 9 點、自付 0 元。",
        "沒有下車刷卡，下次上車時補扣", "愛心計程車隊",
    ):  # fmt: skip
        assert said in page, said
    assert 'href="/rides/"' in resident.get("/points/").content.decode()
