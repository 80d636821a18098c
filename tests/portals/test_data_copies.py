"""A copy of one's own data, downloaded or asked for at a counter; and the auditor who follows up
who looked. Source: Personal Data Protection Act, articles 3, 10 and 18."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from citycard.infra import clock
from citycard.people import api as people
from tests.harness.cities import City
from tests.portals import counter_desk as desk
from tests.portals import looking, purse, seeding

NUMBER = seeding.card_number(0)


@pytest.fixture(scope="module")
def members(city: City) -> list[int]:
    seeding.activate()
    found = seeding.residents(2)
    (reader,) = seeding.enrol_readers("sports-daan", service="sports-visit").values()
    from citycard.flows import tapping

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
    copy = me.get("/me/copy.csv")
    assert copy["Cache-Control"] == "private, no-store"
    lines = list(csv.reader(io.StringIO(copy.content.decode("utf-8-sig"))))
    assert ["姓名", "市民000"] in lines
    assert any(line[:1] == ["身分證統一編號（完整）"] and len(line[1]) == 10 for line in lines)
    flat = copy.content.decode()
    for kept in ("大安運動中心", "台北卡", "歸戶"):
        assert kept in flat
    assert "市民001" not in flat, "somebody else"
    pdf = me.get("/me/copy.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert "市民" not in pdf["Content-Disposition"]
    english = me.get("/me/copy.csv", headers={"accept-language": "en"}).content.decode()
    assert "ID number in full" in english
    assert not re.search("[誰點歸申]", re.sub(r"市民\d+", "", english.split("\r\n\r\n")[0]))


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
    from citycard.portals.ops import accesses

    monkeypatch.setattr(accesses, "SHOWN", 1)
    first = auditor.post("/ops/accesses/", {"q": NUMBER}).content.decode()
    fields = dict(re.findall(r'type="hidden" name="(at|entry)" value="([^"]+)"', first))
    second = auditor.post("/ops/accesses/", {"q": NUMBER, **fields}).content.decode()
    refs = [re.findall(r"staff:\d+/\d+", one) for one in (first, second)]
    assert refs[0] != refs[1]


@pytest.mark.parametrize("purpose", ["audit", "data-request"])
def test_nobody_else_may_open_for_it(members: list[int], purpose: str) -> None:
    from citycard.kernel.actors import Actor

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
