"""A copy of one's own data, downloaded or asked for at a counter; and the auditor who follows up
who looked. Source: Personal Data Protection Act, articles 3, 10 and 18."""

import io
import re
from typing import Any

import openpyxl
import pytest
from django.test import Client

from citycard.flows import tapping
from citycard.infra import clock
from citycard.kernel.actors import Actor
from citycard.people import api as people
from citycard.portals import own_copy
from citycard.portals.ops import accesses
from tests.harness.cities import City
from tests.portals import counter_desk as desk
from tests.portals import looking, purse, seeding

NUMBER = seeding.card_number(0)


@pytest.fixture(scope="module")
def members(city: City) -> list[int]:
    seeding.activate()
    found = seeding.residents(2)
    (reader,) = seeding.enrol_readers("sports-daan", service="sports-visit").values()
    tapping.take(reads=[seeding.tap(reader, 0, clock.now())], now=clock.now())
    city.settle()
    return found


@pytest.fixture(scope="module")
def auditor(members: list[int]) -> Client:
    return seeding.signed_in("auditor", "doit", ["auditor"])


def said(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_resident_downloads_what_the_city_keeps_of_them(members: list[int]) -> None:
    me = purse.resident(members[0])
    assert "我的資料複本" in said(me.get("/me/"))
    copy = me.get("/me/copy.xlsx")
    assert copy["Cache-Control"] == "private, no-store"
    kept = book(copy)
    person = dict(kept["基本資料"])
    assert person["姓名"] == "市民000"
    assert len(person["身分證統一編號（完整）"]) == 10
    assert [line[0] for line in kept["持有過的卡片"][1:]] == ["台北卡"]
    assert [line[2] for line in kept["刷卡紀錄"][1:]] == ["大安運動中心"]
    assert "市民001" not in str(kept), "somebody else"
    pdf = me.get("/me/copy.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert "市民" not in pdf["Content-Disposition"]
    english = book(me.get("/me/copy.xlsx", headers={"accept-language": "en"}))
    assert "ID number in full" in dict(english["The person"])


def book(response: Any) -> dict[str, list[list[Any]]]:
    """A spreadsheet's sheets, each with its lines."""
    found = openpyxl.load_workbook(io.BytesIO(response.content))
    return {it.title: [list(line) for line in it.iter_rows(values_only=True)] for it in found}


def test_a_clerk_hands_a_copy_to_who_came_for_it_and_that_is_on_record(members: list[int]) -> None:
    clerk = desk.clerk_at()
    found = clerk.post("/counter/search/", {"q": NUMBER}).content.decode()
    (person,) = set(re.findall(r'href="(/counter/people/[^"]+/)"', found))
    assert "個人資料複本" in said(clerk.get(person))
    assert clerk.get(f"{person}copy/").status_code == 302, "nothing leaves by following a link"
    copy = clerk.post(f"{person}copy/")
    assert copy.content.startswith(b"%PDF")
    log = said(purse.resident(members[0]).get("/me/access/"))
    assert "當事人查詢或更正請求" in log
    assert seeding.signed_in("fin", "doit", ["finance"]).post(f"{person}copy/").status_code == 403


def test_a_copy_says_where_older_records_are_had_and_there_it_has_them(members: list[int]) -> None:
    access = people.open_access(
        subject=members[0],
        fields=own_copy.FIELDS,
        purpose="data-request",
        actor=Actor(id="staff:1", kind="staff", roles=frozenset({"clerk"}), agency="doit"),
        now=clock.now(),
    )
    asked = {"access": access, "member_id": members[0]}
    short, whole = own_copy.copy_of(**asked, most=1), own_copy.copy_of(**asked)
    looks = [len(it.tables[-1].lines) for it in (short, whole)]
    assert looks[0] == 1 < looks[1], "who looked, this look among them"
    assert [it for it in map(str, short.notes) if "請到櫃台索取" in it and "最近 1 筆" in it]
    assert not [it for it in map(str, whole.notes) if "只列最近" in it]
    assert own_copy.AT_COUNTER > own_copy.ONLINE


def test_an_auditor_reads_who_looked_and_stands_there_too(
    members: list[int], auditor: Client
) -> None:
    page = auditor.get("/ops/accesses/")
    assert page.status_code == 200
    assert "/ops/accesses/" in auditor.get("/ops/proofs/").content.decode()
    found = auditor.post("/ops/accesses/", {"q": NUMBER})
    told = said(found)
    assert "市民000" in told
    assert "稽核人員" in told, "this very look"
    assert re.search(r"staff:\d+/\d+", told)
    assert "個資查閱稽核" in said(purse.resident(members[0]).get("/me/access/"))
    missing = auditor.post("/ops/accesses/", {"q": "9999999999999999"})
    assert missing.status_code == 404
    assert "沒有這個案號或卡號" in said(missing)
    assert seeding.signed_in("op", "doit", ["operator"]).get("/ops/accesses/").status_code == 403


def test_the_auditor_pages_through_a_long_record(
    members: list[int], auditor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accesses, "SHOWN", 1)
    first = auditor.post("/ops/accesses/", {"q": NUMBER}).content.decode()
    fields = dict(re.findall(r'type="hidden" name="(at|entry)" value="([^"]+)"', first))
    second = auditor.post("/ops/accesses/", {"q": NUMBER, **fields}).content.decode()
    refs = [re.findall(r"staff:\d+/\d+", one) for one in (first, second)]
    assert refs[0] != refs[1]


@pytest.mark.parametrize("purpose", ["audit", "data-request"])
def test_nobody_else_may_open_for_it(members: list[int], purpose: str) -> None:
    finance = Actor(id="staff:1", kind="staff", roles=frozenset({"finance"}), agency="doit")
    with pytest.raises(people.PurposeNotAllowed):
        people.open_access(
            subject=members[0], fields=["name"], purpose=purpose, actor=finance, now=clock.now()
        )


@pytest.fixture(scope="module")
def address(members: list[int]) -> Any:
    with looking.served() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Any:
    with looking.browsing() as found:
        yield found


@pytest.mark.browser
@looking.needs_browser[1]
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_pages_are_accessible_and_fit(
    members: list[int], auditor: Client, address: str, browser: Any, size: str
) -> None:
    wrong = {}
    for name, who, where in (
        ("me", purse.resident(members[0]), "/me/"),
        ("accesses", auditor, "/ops/accesses/"),
    ):
        page = looking.opened(browser, address, who, size=size)
        page.goto(address + where)
        if name == "accesses":
            page.fill("#q", NUMBER)
            page.click("text=查看")
            page.wait_for_selector("table")
        looking.picture(page, f"copies-{name}-{size}")
        if found := looking.faults(page):
            wrong[name] = found
        page.context.close()
    assert wrong == {}
