"""Refund runs at the agencies' door: upload, dry run, second officer, result, taking back."""

import datetime as dt
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from citycard.agencies import api as agencies
from citycard.flows import refunding
from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from tests.portals import looking, seeding

pytestmark = pytest.mark.usefixtures("city")
UNIT = "taipei-points"
PEOPLE = 30


@pytest.fixture(scope="module")
def charges(city) -> dict[int, uuid.UUID]:
    """Thirty people who were charged 20 points yesterday, by person."""
    seeding.activate()
    at = seeding.at_noon()
    with unit_of_work():
        fund = ledger.open_fund(
            agency="health", campaign_ref="health-walk", unit=UNIT, actor=SYSTEM, now=at
        )
        key = fact_key(at, "budget")
        ledger.raise_budget(fund_id=fund, amount=9000, key=key, at=at, actor=SYSTEM, now=at)
    keys = {}
    for n in range(1, PEOPLE + 1):
        lot = ledger.member(holder=n, unit=UNIT, fund=fund)
        source = ledger.budget(fund_id=fund, unit=UNIT)
        award = ledger.Transfer(source=source, target=lot, amount=20)
        into = ledger.partner(code="easycard-company", unit=UNIT)
        spend = ledger.Transfer(source=lot, target=into, amount=20)
        keys[n] = fact_key(at, "charge", n)
        moves = [
            ledger.Move(key=fact_key(at, "award", n), kind="a", at=at, transfers=[award]),
            ledger.Move(key=keys[n], kind="redemption.settled", at=at, transfers=[spend]),
        ]
        with unit_of_work():
            ledger.move_many(moves=moves, actor=SYSTEM, now=at)
    return keys


@pytest.fixture(scope="module")
def maker(charges):
    return seeding.signed_in("finance-it", "doit", ["finance"])


@pytest.fixture(scope="module")
def checker(charges):
    return seeding.signed_in("officer-it", "doit", ["officer"])


def upload(maker, *lines: tuple[object, object], **more: str):
    content = "\n".join(["reference,amount", *(f"{key},{amount}" for key, amount in lines)])
    sent = {
        "file": SimpleUploadedFile("wrong.csv", content.encode(), "text/csv"),
        "why_zh": "11 月 20 日加值機重複扣點。",
        "why_en": "Kiosks charged twice on 20 November.",
        **more,
    }
    return maker.post("/agency/refunds/new/", sent)


def drafted(maker, *lines: tuple[object, object], **more: str) -> str:
    answer = upload(maker, *lines, **more)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def released(maker, checker, address: str) -> None:
    """Propose, approve, and let the job do it."""
    assert maker.post(f"{address}change/", {"do": "propose"}).status_code == 302
    (waiting,) = agencies.proposals(kind=refunding.KIND)
    said = checker.post(f"/agency/approvals/{waiting.proposal_id}/decide/", {"do": "approve"})
    assert said.status_code == 302
    refunding.go_on(now())


def test_a_list_with_a_problem_names_line_and_reason_and_keeps_nothing(maker, charges) -> None:
    answer = upload(maker, (charges[1], 20), (charges[2], 21), ("x1", 3))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "這份清單沒有收下" in page
    assert "還能退回 20，要求退回的是 21" in page
    assert "「x1」不是紀錄編號，也不是兌換編號" in page
    assert ledger.refund_runs() == []


def test_points_on_top_need_a_fund(maker, charges) -> None:
    answer = upload(maker, (charges[1], 20), goodwill="50")
    assert answer.status_code == 422
    assert "請選擇支付補償的經費" in answer.content.decode()


def test_one_officer_proposes_another_releases_and_each_line_is_told(
    maker, checker, charges
) -> None:
    fund = str(ledger.funds_left()[0].id)
    lines = [(charges[n], 20) for n in range(1, 11)]
    address = drafted(maker, *lines, goodwill="50", goodwill_fund=fund)
    page = maker.get(address).content.decode()
    assert "試算沒有問題" in page
    assert "10 列都查對過，共 10 人" in page

    assert checker.post(f"{address}change/", {"do": "propose"}).status_code == 403
    maker.post(f"{address}change/", {"do": "propose"})
    (waiting,) = agencies.proposals(kind=refunding.KIND)
    approval = f"/agency/approvals/{waiting.proposal_id}/"
    assert "200 台北點" in checker.get(approval).content.decode()
    own = maker.post(f"{approval}decide/", {"do": "approve"})
    assert own.status_code in (403, 422)
    checker.post(f"{approval}decide/", {"do": "approve"})
    assert "正在處理" in maker.get(address).content.decode()
    refunding.go_on(now())

    page = maker.get(address).content.decode()
    assert "已完成" in page
    result = maker.get(f"{address}results.csv").content.decode("utf-8-sig").splitlines()
    assert len(result) == 11
    assert result[1] == f"2,{charges[1]},20,50,done,"
    found = ledger.balances(holders=[1], unit=UNIT, on=dt.date(2020, 1, 1), access=None)
    assert found[1].available == 70


def test_a_run_is_taken_back_with_a_word_to_each(maker, checker, charges) -> None:
    address = drafted(maker, (charges[11], 20))
    released(maker, checker, address)
    bare = maker.post(f"{address}change/", {"do": "undo", "why_zh": "", "why_en": ""})
    assert bare.status_code == 422
    why = {"why_zh": "清單有誤。", "why_en": "The list was wrong."}
    maker.post(f"{address}change/", {"do": "undo", **why})
    (waiting,) = agencies.proposals(kind=refunding.KIND)
    checker.post(f"/agency/approvals/{waiting.proposal_id}/decide/", {"do": "approve"})
    refunding.go_on(now())
    assert "已收回" in maker.get(address).content.decode()


def test_others_see_neither_the_runs_nor_the_form(charges) -> None:
    sports = seeding.signed_in("finance-sports", "sports", ["finance"])
    run = ledger.refund_runs()[0]
    assert sports.get(f"/agency/refunds/{run.id}/").status_code == 404
    assert f"#{run.id}" not in sports.get("/agency/refunds/").content.decode()
    resident_side = seeding.signed_in("organiser-sports", "sports", ["organiser"])
    assert resident_side.get("/agency/refunds/").status_code == 403


@pytest.fixture(scope="module")
def address():
    with looking.served() as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with looking.browsing() as found:
        yield found


@pytest.mark.browser
@looking.needs_browser[1]
@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_the_pages_are_accessible_and_fit(
    maker, checker, charges, address, browser, size, language
) -> None:
    first = {"phone": 12, "desk": 20}[size] + (language == "en") * 4
    lines = [(charges[n], 20) for n in range(first, first + 3)]
    draft = drafted(maker, *lines)
    asked = drafted(maker, (charges[first + 3], 20))
    by_hand = ledger.Reversal(
        key=fact_key(now(), "hand", first, language),
        of=charges[first + 3],
        kind="redemption.returned",
        at=now(),
        amount=5,
    )
    with unit_of_work():
        ledger.reverse_many(reversals=[by_hand], actor=SYSTEM, now=now())
    released(maker, checker, asked)
    maker.post(f"{draft}change/", {"do": "propose"})
    page = looking.opened(browser, address, maker, size=size, language=language)
    pages = {"list": "/agency/refunds/", "new": "/agency/refunds/new/"}
    pages |= {"draft": draft, "done": asked}
    (waiting,) = agencies.proposals(kind=refunding.KIND)
    pages["approval"] = f"/agency/approvals/{waiting.proposal_id}/"
    for name, path in pages.items():
        page.goto(address + path)
        looking.picture(page, f"refund-{name}-{size}-{language}")
        assert looking.faults(page) == [], name
    page.goto(address + "/agency/refunds/new/")
    bad = {"name": "x.csv", "mimeType": "text/csv", "buffer": f"x1,3\n{charges[1]},20\n".encode()}
    page.set_input_files("input[type=file]", bad)
    page.fill("input[name=why_zh]", "測試")
    page.fill("input[name=why_en]", "test")
    page.locator("main form button").last.click()
    page.wait_for_load_state()
    looking.picture(page, f"refund-problems-{size}-{language}")
    assert looking.faults(page) == []
    page.context.close()
    with unit_of_work():
        agencies.reject(proposal_id=waiting.proposal_id, reason="x", actor=_officer(), now=now())


def _officer():
    return Actor(id="staff:9999", kind="staff", roles=frozenset({"officer"}), agency="doit")
