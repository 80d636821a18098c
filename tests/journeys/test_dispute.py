"""«Taichung 110-01: citizens could not see why» (MISSION X6): a resident sees why and disputes; an
officer corrects one by posting and explains the other.
"""

import datetime as dt
import re

import pytest
from django.test import Client

from citycard.agencies import api as agencies
from citycard.disputes import api as disputes
from citycard.flows import activating, proving, refunding
from citycard.infra import clock
from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.taps import api as taps
from tests.fares.riding_town import LONG_AGO, Town, at
from tests.portals import looking, purse, seeding

pytestmark = [pytest.mark.city("taoyuan"), pytest.mark.usefixtures("city")]
UNIT = "health-points"
SAID = "司機按錯了，多收我錢"


@pytest.fixture(scope="module")
def town(city) -> Town:
    activating.activate(pack=current_pack(), now=LONG_AGO)
    made = Town()
    made.member = made.resident("senior-rides", name="林乘客")
    number = made.card(made.member)
    made.take(
        made.tap(number, at(7, 8), "whole", operator="love-taxi", route="", fare_ntd=101,
                 charged_ntd=130),
        made.tap(number, at(8, 8), "in", ticket="senior"),
        made.tap(number, at(8, 9), "out", metres=8_000, points_taken=9, charged_ntd=0),
    )  # fmt: skip
    young = made.resident(born=dt.date(1990, 5, 5))
    made.young, card = young, made.card(young, "general")
    made.take(taps.TapRead(clinic(), 1, 90_001, at(9, 8), "easycard", "printed", card))
    with unit_of_work():
        fund = ledger.open_fund(
            agency="transport", campaign_ref="rides", unit=UNIT, actor=SYSTEM, now=clock.now()
        )
        ledger.raise_budget(
            fund_id=fund, amount=500, key=fact_key(clock.now(), "b"), at=clock.now(),
            actor=SYSTEM, now=clock.now(),
        )  # fmt: skip
    made.fund = fund
    return made


def clinic() -> int:
    """A reader whose service needs a right."""
    new = agencies.NewDevice(
        code="CLINIC-1", kind="reader", agency="health", place="", service="child-health"
    )
    with unit_of_work():
        [made] = agencies.enrol_devices(devices=[new], actor=SYSTEM, now=LONG_AGO)
    assert made.device_id is not None
    return made.device_id


@pytest.fixture(scope="module")
def officer(town) -> Client:
    return seeding.signed_in("officer-rdec", "rdec", ["officer"])


def read(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code, answer.content.decode()[:2000])
    return answer.content.decode()


def taxi_of(resident: Client) -> str:
    """The number of the ride whose device took more than the rule."""
    found = re.findall(r'href="/why/([\d-]+)/".*?</a>', read(resident, "/rides/"), re.DOTALL)
    return next(one for one in found if "130" in read(resident, f"/why/{one}/"))


def refused_tap(town: Town) -> str:
    [tap] = rows("SELECT reader_id, epoch, seq FROM taps_tap WHERE seq = 90001")
    return f"{tap.reader_id}-{tap.epoch}-{tap.seq}"


def disputed(resident: Client, number: str, reason: str) -> int:
    address = f"/disputes/new/{number}/"
    assert resident.post(address, {"said": SAID}).status_code == 422
    for _ in range(2):  # sent twice, it is one
        sent = resident.post(address, {"reason": reason, "said": SAID})
        assert sent.status_code == 302, sent.content.decode()[:2000]
    waiting = disputes.queue()
    [found] = [one for one in waiting if one.about == number]
    return found.id


def test_a_wrong_fare_is_corrected_and_a_right_refusal_explained(town, officer) -> None:
    senior, young = purse.resident(town.member), purse.resident(town.young)
    taxi, tap = taxi_of(senior), refused_tap(town)
    said = read(senior, f"/why/{taxi}/")
    for words in ("為什麼是這個價錢", "結果與紀錄相同", "130", "101", "這筆有問題",
                  current_pack().hash[:12]):  # fmt: skip
        assert words in said, words
    refusal = read(young, f"/why/{tap}/")
    for words in ("沒有這項服務需要的資格", "接下來可以怎麼做", "兒童健康資料"):
        assert words in refusal, words
    assert young.get(f"/why/{taxi}/").status_code == 404
    assert young.post(f"/disputes/new/{taxi}/", {"reason": "amount"}).status_code == 404

    wrong, right = disputed(senior, taxi, "amount"), disputed(young, tap, "right_not_seen")
    assert "查明中" in read(senior, f"/why/{taxi}/")
    queue = read(officer, "/agency/disputes/")
    assert "金額或點數不對" in queue
    assert "林乘客" not in queue
    case = read(officer, f"/agency/disputes/{wrong}/")
    for words in (SAID, "林乘客", "設備多收 29 元", "結果與紀錄相同"):
        assert words in case, words

    why = {
        "why_zh": "計程車設備多收，已退還。",
        "why_en": "The taxi took too much; it is given back.",
    }
    no_fund = officer.post(f"/agency/disputes/{wrong}/", {**why, "do": "correct"})
    assert no_fund.status_code == 422
    assert "請選擇由哪一筆經費支付" in no_fund.content.decode()
    done = officer.post(f"/agency/disputes/{wrong}/", {**why, "do": "correct", "fund": town.fund})
    assert done.status_code == 302, done.content.decode()[:3000]
    refunding.go_on(clock.now())
    why = {
        "why_zh": "那天還沒有申辦這項資格。",
        "why_en": "You had not applied for this right yet.",
    }
    assert officer.post(f"/agency/disputes/{right}/", {**why, "do": "explain"}).status_code == 302

    answered = read(senior, "/disputes/")
    for words in ("已更正", "計程車設備多收，已退還。", "29 點"):
        assert words in answered, words
    assert "那天還沒有申辦這項資格。" in read(young, "/disputes/")
    assert "計程車設備多收，已退還。" in read(senior, "/messages/")
    assert "那天還沒有申辦這項資格。" in read(young, "/messages/")
    held = ledger.balances(access=None, holders=[town.member], unit=UNIT, on=clock.today())
    assert held[town.member].available == 29
    assert "民眾點數查詢與爭議" in read(senior, "/me/access/")
    assert proving.prove(now=clock.now()) == []


def test_an_officer_looks_up_why_by_number_alone(town, officer) -> None:
    taxi = taxi_of(purse.resident(town.member))
    found = officer.post("/agency/why/", {"number": taxi})
    assert found.status_code == 200
    for words in ("林乘客", "結果與紀錄相同", "計算時間"):
        assert words in found.content.decode(), words
    [entry] = ledger.history(holder=town.member, unit=UNIT, limit=1, access=None)
    points = officer.post("/agency/why/", {"number": str(entry.key)})
    assert points.status_code == 200
    assert "林乘客" in points.content.decode()
    for number in ("0-0-0", "nonsense", "9" * 60):
        assert officer.post("/agency/why/", {"number": number}).status_code == 422
    elsewhere = seeding.signed_in("officer-transport", "transport", ["officer"])
    assert elsewhere.post("/agency/why/", {"number": taxi}).status_code == 404
    assert elsewhere.get("/agency/disputes/").status_code == 404


def test_a_month_s_points_and_their_use_say_right_rule_and_ride(town) -> None:
    senior = purse.resident(town.member)
    entries = ledger.history(holder=town.member, unit="ride-points", limit=50, access=None)
    said = {one.kind: read(senior, f"/points/ride-points/entries/{one.key}/") for one in entries}
    for words in ("敬老", "桃園市市民卡整合服務", "800"):
        assert words in said["allowance.granted"], words
    [number] = re.findall(r'href="/why/([\d-]+)/"', said["allowance.used"])
    page = read(senior, f"/why/{number}/")
    assert "9 點" in page
    assert "結果與紀錄相同" in page


def test_a_large_correction_waits_for_a_second_officer_on_its_page(town, officer) -> None:
    senior = purse.resident(town.member)
    found = re.findall(r'href="/why/([\d-]+)/"', read(senior, "/rides/"))
    number = next(one for one in found if one != taxi_of(senior))
    dispute = disputed(senior, number, "right_not_seen")
    case = f"/agency/disputes/{dispute}/"
    why = {"why_zh": "補給。", "why_en": "Credited.", "do": "correct", "fund": town.fund}
    assert officer.post(case, {**why, "amount": 101}).status_code == 302
    assert "等另一位同仁覆核" in read(officer, case)
    (waiting,) = agencies.proposals()
    approval = f"/agency/approvals/{waiting.proposal_id}/"
    second = seeding.signed_in("finance-rdec", "rdec", ["finance"])
    page = read(second, approval)
    for words in ("申訴更正", "101", "補給。"):
        assert words in page, words
    before = ledger.balances(access=None, holders=[town.member], unit=UNIT, on=clock.today())
    sent = officer.post(f"{approval}decide/", {"do": "approve"})
    assert sent.status_code in (403, 422)
    assert second.post(f"{approval}decide/", {"do": "approve"}).status_code == 302
    after = ledger.balances(access=None, holders=[town.member], unit=UNIT, on=clock.today())
    assert after[town.member].available - before[town.member].available == 101
    assert "更正 101 點" in read(officer, case)
    assert "已更正" in read(senior, "/disputes/")
    assert proving.prove(now=clock.now()) == []


@pytest.mark.browser
@pytest.mark.skipif(not looking.AXE.is_file(), reason="npm ci has not run")
def test_the_pages_are_accessible_and_fit(town, officer) -> None:
    senior, young = purse.resident(town.member), purse.resident(town.young)
    taxi, tap = taxi_of(senior), refused_tap(town)
    number = disputed(young, tap, "not_me")
    pages = {
        "why-ride": (f"/why/{taxi}/", senior),
        "why-tap": (f"/why/{tap}/", young),
        "dispute-new": (f"/disputes/new/{taxi}/", senior),
        "disputes": ("/disputes/", senior),
        "agency-disputes": ("/agency/disputes/", officer),
        "agency-dispute": (f"/agency/disputes/{number}/", officer),
        "agency-why": ("/agency/why/", officer),
    }
    with looking.served() as address, looking.browsing() as browser:
        windows = looking.Windows(browser, address)
        for name, (path, who) in pages.items():
            for size in ("phone", "desk"):
                page = windows.at(path, who, size=size)
                if name == "agency-why":
                    page.locator("#number").fill(taxi)
                    page.get_by_role("button", name="查詢").click()
                    page.get_by_text("結果與紀錄相同").wait_for()
                looking.picture(page, f"{name}-{size}")
                assert looking.faults(page) == [], (name, size)
    assert agencies.proposals() == []
