"""Operators' settlement, the queue of differences and a resident's own rides, as they are seen."""

import csv
import datetime as dt
import io

import pytest

from citycard.agencies import api as agencies
from citycard.fares import api as fares
from citycard.fares import queue
from citycard.flows import refunding, refunding_rides
from citycard.infra import clock
from citycard.infra.database import execute, scalar, statement
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


def test_another_bureaus_staff_see_and_end_nothing_of_these_rides(town):
    sports = seeding.signed_in("sports", "sports", ["finance", "officer"])
    [one, *_] = fares.differences()
    page = sports.get("/agency/rides/differences/").content.decode()
    assert "沒有待處理的差異" in page
    said = {"difference": one.id, "outcome": "kept", "note": "維持原狀"}
    assert sports.post("/agency/rides/differences/", said).status_code == 404
    assert one in fares.differences()


def funded(agency: str, unit: str = UNIT) -> int:
    with unit_of_work():
        fund = ledger.open_fund(
            agency=agency, campaign_ref="rides", unit=unit, actor=SYSTEM, now=clock.now()
        )
        ledger.raise_budget(
            fund_id=fund, amount=500, key=fact_key(clock.now(), "b", fund), at=clock.now(),
            actor=SYSTEM, now=clock.now(),
        )  # fmt: skip
    return fund


@pytest.fixture(scope="module")
def fund(town) -> int:
    return funded("transport")


@pytest.fixture(scope="module")
def sender(town):
    return seeding.signed_in("finance-rdec", "rdec", ["finance"])


@pytest.fixture(scope="module")
def checker(town):
    return seeding.signed_in("officer-rdec", "rdec", ["officer"])


def overcharge() -> fares.OpenDifference:
    return next(it for it in fares.differences(kind=fares.Difference.TOO_MUCH) if it.rider > 0)


def asked(fund: int) -> dict[str, object]:
    return {
        "difference": overcharge().id, "outcome": "refund", "fund": fund, "note": "設備未扣點數",
        "note_en": "The device took no points",
    }  # fmt: skip


def drafted(finance, fund: int) -> str:
    answer = finance.post("/agency/rides/differences/", asked(fund))
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return answer["Location"]


def run_at(address: str) -> ledger.RefundRun:
    return ledger.refund_run(run_id=int(address.rstrip("/").rpartition("/")[2]))


def decided(sender, checker, address: str, do: str, **sent: str) -> None:
    """One officer of the operator sends it, another decides; then the job does its part."""
    assert sender.post(f"{address}change/", {"do": "propose", **sent}).status_code == 302
    [waiting] = agencies.proposals(kind=refunding.KIND)
    said = {"do": do, "said": "再查一次"}
    answer = checker.post(f"/agency/approvals/{waiting.proposal_id}/decide/", said)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    refunding.go_on(clock.now())


def points_of(town: Town) -> int:
    today = clock.today()
    found = ledger.balances(access=None, holders=[town.member], unit=UNIT, on=today)
    return found[town.member].available


def left(fund: int) -> int:
    return ledger.fund_totals(fund_ids=[fund])[fund].budget


def test_a_run_that_is_sent_back_has_moved_nothing_and_its_ride_is_open_again(
    finance, sender, checker, town, fund
):
    over = overcharge()
    address = drafted(finance, fund)
    assert over.id not in {one.id for one in fares.differences()}
    page = finance.get(address).content.decode()
    assert "研究發展考核委員會的財務人員送出" in page
    assert 'value="propose"' not in page
    assert finance.post(f"{address}change/", {"do": "propose"}).status_code == 403
    assert address in sender.get("/agency/refunds/").content.decode()
    assert "份尚未送出" in sender.get("/agency/").content.decode()
    assert "份尚未送出" not in finance.get("/agency/").content.decode()
    assert 'value="propose"' in sender.get(address).content.decode()
    assert (left(fund), points_of(town)) == (500, 0)
    decided(sender, checker, address, "reject")
    assert run_at(address).state == "dropped"
    assert (left(fund), points_of(town)) == (500, 0)
    assert overcharge() == over
    assert ledger.verify() == fares.verify() == []


def test_who_made_a_list_may_discard_it(finance, town, fund):
    over = overcharge()
    address = drafted(finance, fund)
    assert finance.post(f"{address}change/", {"do": "drop"}).status_code == 302
    assert (run_at(address).state, overcharge()) == ("dropped", over)
    assert finance.post(f"{address}change/", {"do": "drop"}).status_code == 422


@pytest.mark.browser
@pytest.mark.skipif(not looking.AXE.is_file(), reason="npm ci has not run")
def test_a_list_that_waits_for_the_operator_is_accessible_and_fits(finance, town, fund):
    address = drafted(finance, fund)
    with looking.served() as server, looking.browsing() as browser:
        windows = looking.Windows(browser, server)
        for name, path in (("draft", address), ("queue", "/agency/rides/differences/")):
            for size in ("phone", "desk"):
                page = windows.at(path, finance, size=size)
                looking.picture(page, f"agency-ride-refund-{name}-{size}")
                assert looking.faults(page) == [], (name, size)
    assert finance.post(f"{address}change/", {"do": "drop"}).status_code == 302


def test_a_fund_is_ones_own_and_its_points_are_dollars(finance, town):
    address = "/agency/rides/differences/"
    others, hours = funded("sports"), funded("transport", "volunteer-minutes")
    page = finance.get(address).content.decode()
    assert f'value="{others}"' not in page
    assert f'value="{hours}"' not in page
    for unknown in (others, 987_654, 10**30):
        assert finance.post(address, asked(unknown)).status_code == 404
    answer = finance.post(address, asked(hours))
    assert answer.status_code == 422
    assert "不是一點一元" in answer.content.decode()


def test_a_run_that_later_taps_overtook_is_not_released(finance, sender, checker, town, fund):
    over = overcharge()
    address = drafted(finance, fund)
    assert sender.post(f"{address}change/", {"do": "propose"}).status_code == 302
    [waiting] = agencies.proposals(kind=refunding.KIND)
    with unit_of_work():
        execute(
            statement(queue.__file__, "end_differences"),
            {"now": clock.now(), "readers": [over.ride[0]], "epochs": [over.ride[1]],
             "seqs": [over.ride[2]]},
        )  # fmt: skip
    decide = f"/agency/approvals/{waiting.proposal_id}/decide/"
    answer = checker.post(decide, {"do": "approve"})
    assert answer.status_code == 422
    assert "重新計算過" in answer.content.decode()
    assert checker.post(decide, {"do": "reject", "said": "已重算"}).status_code == 302
    assert (run_at(address).state, left(fund), points_of(town)) == ("dropped", 500, 0)
    with unit_of_work():  # as the deciding would have it
        execute(
            "INSERT INTO fares_difference (reader_id, epoch, seq, rider, boarded_at, found_at,"
            " local_month, operator_id, route_id, amount_micro, points, kind)"
            " SELECT reader_id, epoch, seq, rider, boarded_at, found_at, local_month, operator_id,"
            " route_id, amount_micro, points, kind FROM fares_difference WHERE id = %s",
            [over.id],
        )
    assert fares.verify() == []


def test_what_was_charged_too_much_comes_back_by_a_refund_run(finance, sender, checker, town, fund):
    over = overcharge()
    address = drafted(finance, fund)
    decided(sender, checker, address, "approve")
    run = run_at(address)
    assert (run.state, run.points, run.people) == ("done", -over.amount_micro // 1_000_000, 1)
    assert (points_of(town), left(fund)) == (run.points, 500 - run.points)
    assert ledger.verify() == []
    town.decide_again([town.member])
    assert over.id not in {one.id for one in fares.differences()}
    assert fares.verify() == []

    why = {"why_zh": "清單有誤。", "why_en": "The list was wrong."}
    assert sender.post(f"{address}change/", {"do": "undo", **why}).status_code == 302
    [waiting] = agencies.proposals(kind=refunding.KIND)
    checker.post(f"/agency/approvals/{waiting.proposal_id}/decide/", {"do": "approve"})
    refunding.go_on(clock.now())
    assert (run_at(address).state, points_of(town), left(fund)) == ("undone", 0, 500)
    assert overcharge() == over
    assert ledger.verify() == fares.verify() == []

    decided(sender, checker, drafted(finance, fund), "approve")
    assert (points_of(town), left(fund)) == (run.points, 500 - run.points)


def test_points_for_a_ride_last_as_long_as_the_day_says_here(town, fund):
    """Half past midnight of 1 January in Taoyuan is still last year in UTC."""
    given = ledger.last_day(unit=UNIT, earned_on=dt.date(2027, 1, 1))
    assert given != ledger.last_day(unit=UNIT, earned_on=dt.date(2026, 12, 31))
    fund_of = ledger.fund_of(fund_id=fund)
    local = dt.datetime(2027, 1, 1, 0, 30, tzinfo=clock.city_time().zone)
    assert refunding_rides.lasts(fund_of, local.astimezone(dt.UTC)) == given


def test_a_resident_sees_each_ride_and_why_it_cost_what_it_did(town):
    resident = purse.resident(town.member)
    page = resident.get("/rides/").content.decode()
    for said in (
        "我的乘車", "桃園客運 5053", "全票 18 元、法定半票、補助點數付 9 點、自付 0 元。",
        "沒有下車刷卡，下次上車時補扣", "愛心計程車隊",
    ):  # fmt: skip
        assert said in page, said
    assert 'href="/rides/"' in resident.get("/points/").content.decode()
