"""The pages of comings and goings: a guardian's, an agency's, a clerk's; clicked and looked at."""

import csv
import datetime as dt
import io
import re
from typing import Any

import pytest
from django.test import Client

from citycard.flows import tapping
from citycard.infra import clock
from citycard.people import api as people
from citycard.taps import api as taps
from tests.attendance.town import CHILD, FATHER, MOTHER, NUMBER, STRANGER, actor, build
from tests.harness.cities import City
from tests.portals import counter_desk as desk
from tests.portals import looking, purse, seeding

AGENCY = "sports"


@pytest.fixture(scope="module")
def town(city: City) -> dict[str, Any]:
    """Four school days, one without a departure, and today's arrival."""
    town = build(city)
    begins = clock.city_time().midnight(clock.today())
    hours = [(d, h) for d in (4, 3, 2, 1) for h in (7.7, 16.2) if (d, h) != (2, 16.2)]
    reads = [
        taps.TapRead(
            town["reader"], 1, n, begins - dt.timedelta(days=d) + dt.timedelta(hours=h),
            "easycard", "printed", NUMBER,
        )
        for n, (d, h) in enumerate(hours, 10)
    ]  # fmt: skip
    assert {one.code for one in tapping.take(reads=reads, now=clock.now())} == {taps.Code.ACCEPTED}
    city.settle()
    return town


@pytest.fixture(scope="module")
def mother(town: dict[str, Any]) -> Client:
    return purse.resident(town["members"][MOTHER])


@pytest.fixture(scope="module")
def head(town: dict[str, Any]) -> Client:
    return seeding.signed_in("head", AGENCY, ["organiser"])


def said(browser: Client, where: str) -> str:
    answer = browser.get(where)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_guardian_sees_the_child_and_chooses(mother: Client) -> None:
    page = said(mother, "/me/children/")
    assert "林小安" in page
    assert page.count("缺離開") == 1
    answer = mother.post("/me/children/", {"child": "0", "channel": "sms"})
    assert answer.status_code == 302
    assert re.search(r'value="sms" checked', said(mother, "/me/children/"))
    consents = said(mother, "/me/consents/")
    assert "簡訊費由我負擔" in consents
    assert mother.post("/me/children/", {"child": "7", "channel": "sms"}).status_code == 404
    assert mother.post("/me/children/", {"child": "0", "channel": "pigeon"}).status_code == 404


def test_who_guards_nobody_is_told_how(town: dict[str, Any]) -> None:
    page = said(purse.resident(town["members"][STRANGER]), "/me/children/")
    assert "林小安" not in page
    assert "戶口名簿" in page


def test_an_agency_checks_what_misses_an_end_and_corrects_it(head: Client) -> None:
    page = said(head, "/agency/attendance/")
    (stay,) = re.findall(r'href="(/agency/attendance/[0-9]+/)"', page)
    shown = head.get(stay)
    version = re.search(r'name="version" value="([0-9]+)"', shown.content.decode())
    once = re.search(r'name="once" value="([^"]+)"', shown.content.decode())
    assert version is not None
    assert once is not None
    day = clock.today() - dt.timedelta(days=2)
    filled = {
        "version": version[1], "once": once[1], "starts": "07:42",
        "ends": "16:00", "reason": "刷卡機故障", "day_year": str(day.year - 1911),
        "day_month": str(day.month), "day_day": str(day.day),
    }  # fmt: skip
    without = head.post(stay, filled | {"reason": ""})
    assert without.status_code == 422
    assert "請寫下原因" in without.content.decode()
    for _ in range(2):  # clicked twice: said once
        assert head.post(stay, filled).status_code == 302
    assert said(head, stay).count("刷卡機故障") == 1
    assert "刷卡機故障" in said(head, stay)
    assert "沒有要核對的紀錄" in said(head, "/agency/attendance/")


def test_the_months_list_is_a_file(head: Client) -> None:
    answer = head.get("/agency/attendance/month.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][1] == "姓名"
    assert {row[1] for row in rows[1:]} <= {"林小安"}


def test_finance_sees_whom_to_bill_for_texts_and_parents_what_they_pay(
    town: dict[str, Any], head: Client, mother: Client
) -> None:
    """簡訊費自付: counted by payer and month, in a list and a file, and no other agency's."""
    mother.post("/me/children/", {"child": "0", "channel": "sms"})
    finance = seeding.signed_in("finance", AGENCY, ["finance"])
    assert "沒有要收的簡訊費" in said(finance, "/agency/attendance/texts/")
    at = clock.now() - dt.timedelta(seconds=5)
    read = taps.TapRead(town["reader"], 1, 90, at, "easycard", "printed", NUMBER)
    assert {one.code for one in tapping.take(reads=[read], now=clock.now())} == {taps.Code.ACCEPTED}
    town["city"].settle()
    assert "/agency/attendance/texts/" in said(finance, "/agency/attendance/")
    assert "/agency/attendance/texts/" not in said(head, "/agency/attendance/")
    page = said(finance, "/agency/attendance/texts/")
    name = parent_name(town["members"][MOTHER])
    assert name in page
    answer = finance.get("/agency/attendance/texts/month.csv")
    _, line = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert [line[0], line[1], line[3], line[4]] == [f"{clock.today():%Y-%m}", name, "1", "1"]
    assert "1 則，1 元" in said(mother, "/me/children/")
    assert "收取簡訊費" in said(mother, "/me/access/")
    other = seeding.signed_in("other-finance", "health", ["finance"])
    assert name not in said(other, "/agency/attendance/texts/")
    assert head.get("/agency/attendance/texts/").status_code == 403


def parent_name(member_id: int) -> str:
    access = people.open_access(
        subject=member_id, fields=["name"], purpose="own-data", actor=actor(member_id),
        now=clock.now(),
    )  # fmt: skip
    return people.profile(access=access, member_id=member_id).name or ""


def test_another_agencys_stays_are_not_there(town: dict[str, Any], head: Client) -> None:
    other = seeding.signed_in("other", "health", ["organiser"])
    assert other.get("/agency/attendance/1/").status_code == 404
    assert other.get("/agency/attendance/").status_code == 404


def test_a_clerk_records_a_guardian_and_ends_it(town: dict[str, Any]) -> None:
    clerk = desk.clerk_at()
    child, stranger = town["members"][CHILD], town["members"][STRANGER]
    here = guardians_page(clerk, child)
    page = said(clerk, here)
    assert page.count("市民") >= 2
    number = number_of(stranger)
    wrong = clerk.post(here, {"number": "A123456789", "basis": "household"})
    assert wrong.status_code == 422
    assert clerk.post(here, {"number": number, "basis": "court"}).status_code == 302
    on = clock.today()
    assert stranger in {one.guardian_id for one in people.guardians_of(child_ids=[child], on=on)}
    handles = re.findall(r'name="guardian" value="([^"]+)"', said(clerk, here))
    for handle in handles:
        ended = clerk.post(here, {"do": "end", "guardian": handle, "reason": "法院改定"})
        assert ended.status_code == 302
    assert people.guardians_of(child_ids=[child], on=on) == []
    for parent in (MOTHER, FATHER):
        clerk.post(here, {"number": number_of(town["members"][parent]), "basis": "household"})


def guardians_page(clerk: Client, member_id: int) -> str:
    """Where a clerk who looked the child up comes to its guardians."""
    found = clerk.post("/counter/search/", {"q": "林小安"}).content.decode()
    person = re.search(r'href="(/counter/people/[^"]+/)"', found)
    assert person is not None, found
    assert "法定代理人" in said(clerk, person[1])
    return f"{person[1]}guardians/"


def number_of(member_id: int) -> str:
    """The ID number that a document would show."""
    from citycard.kernel.access import Access
    from citycard.kernel.actors import SYSTEM

    access = Access(
        subjects=frozenset({member_id}), fields=frozenset({"id_number"}), purpose="test",
        actor=SYSTEM, record_id=1,
    )  # fmt: skip
    found = people.profile(access=access, member_id=member_id).id_number
    assert found is not None
    return found


@pytest.fixture(scope="module")
def address(town: dict[str, Any]) -> Any:
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
    town: dict[str, Any], address: str, browser: Any, head: Client, mother: Client, size: str
) -> None:
    clerk = desk.clerk_at()
    wrong = {}
    for name, who, where in (
        ("children", mother, "/me/children/"),
        ("attended", mother, "/me/attendance/"),
        ("attendance", head, "/agency/attendance/?show=all"),
        ("stay", head, "/agency/attendance/1/"),
        (
            "texts",
            seeding.signed_in(f"finance-{size}", AGENCY, ["finance"]),
            "/agency/attendance/texts/",
        ),
        ("guardians", clerk, guardians_page(clerk, town["members"][CHILD])),
    ):
        page = looking.opened(browser, address, who, size=size)
        page.goto(address + where)
        looking.picture(page, f"attendance-{name}-{size}")
        if found := looking.faults(page):
            wrong[name] = found
        page.context.close()
    assert wrong == {}
