"""「資格喪失者每月稽核，卡號清單送各客運業者，下次刷卡取消」: a month of the register ends the
rights of exactly whom it touches; a halved list is held and rejected; a released one is undone; and
the house's auditor finds nothing.

Over HTTP through the operators' and the agencies' doors.
"""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from citycard.agencies import api as agencies
from citycard.flows import proving
from citycard.infra import clock
from tests.flows.registers import Resident, change, file_of, list_of, residents, settle, standing
from tests.portals import seeding

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module")
def seniors(city: Any) -> list[Resident]:
    seeding.activate()
    return residents(40)


@pytest.fixture(scope="module")
def disabled(seniors: list[Resident]) -> list[Resident]:
    return residents(120, approval="disability-rides", **{"status.disability": True})


@pytest.fixture(scope="module")
def operator(seniors: list[Resident]) -> Client:
    return seeding.signed_in("operator-it", "doit", ["operator"])


@pytest.fixture(scope="module")
def officer(seniors: list[Resident]) -> Client:
    return seeding.signed_in("officer-it", "doit", ["officer"])


def deliver(browser: Client, content: bytes, name: str) -> str:
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    page = browser.post("/ops/feeds/upload/", {"file": file}, follow=True)
    assert page.status_code == 200
    settle(clock.now())
    return page.content.decode()


def holders(code: str) -> set[int]:
    found = standing()["rights"]
    today = clock.today()
    return {
        int(str(member)) for member, right, valid in found if right == code and _holds(valid, today)
    }


def _holds(valid: object, on: dt.date) -> bool:
    start, end = str(valid).strip("[)").split(",")
    return start <= on.isoformat() and (not end or on.isoformat() < end)


def cards_of_list(browser: Client, change_id: int, what: str, agency: str) -> set[str]:
    answer = browser.get(f"/agency/changes/{change_id}/{what}/{agency}.csv")
    assert answer.status_code == 200
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert all(set(line) == {*lines[0]} for line in lines)
    assert not {"name", "id_number", "reason"} & set(lines[0])
    return {line["card_number"] for line in lines}


def test_a_month_ends_the_right_of_exactly_whom_it_touches(
    seniors: list[Resident], operator: Client, officer: Client
) -> None:
    before = holders("senior-rides")
    on = clock.today() - dt.timedelta(days=12)
    gone = seniors[:4]
    month = [
        *(change(one, "moved", on, city="65000", district="板橋區") for one in gone[:3]),
        change(gone[3], "died", on),
        change(seniors[5], "renamed", on, new_name="林改名"),
        change(seniors[6], "moved", on, city="63000", district="大安區"),
    ]
    assert "收下並執行了" in deliver(operator, file_of(month), "household-month.csv")
    assert before - holders("senior-rides") == {one.member_id for one in gone}
    (done, *_) = agencies.mass_changes(states=["carried_out"])
    for agency in ("public-transport", "metro"):
        listed = cards_of_list(officer, done.id, "cancel", agency)
        assert listed == {one.card for one in gone}
    assert proving.prove(now=clock.now()) == []


def test_a_halved_list_is_held_a_second_officer_rejects_it_and_nothing_changed(
    disabled: list[Resident], operator: Client, officer: Client
) -> None:
    before = standing()
    day = clock.today() - dt.timedelta(days=2)
    page = deliver(operator, list_of(disabled[::2], day), "disability.csv")
    assert "等待第二位主管覆核" in page
    (held,) = agencies.mass_changes(states=["waiting"])
    assert standing() == before
    assert "60" in officer.get(f"/agency/changes/{held.id}/").content.decode()
    officer.post(f"/agency/changes/{held.id}/decide/", {"do": "reject", "said": "名單只有一半"})
    settle(clock.now())
    assert agencies.mass_change(change_id=held.id).state == "rejected"
    assert standing() == before
    assert officer.get(f"/agency/changes/{held.id}/cancel/metro.csv").status_code == 404
    assert proving.prove(now=clock.now()) == []


def test_a_released_run_is_undone_and_everything_stands_as_before(
    disabled: list[Resident], operator: Client, officer: Client
) -> None:
    before = standing()
    deliver(operator, list_of(disabled[60:], clock.today()), "disability.csv")
    (held,) = agencies.mass_changes(states=["waiting"])
    officer.post(f"/agency/changes/{held.id}/decide/", {"do": "approve"})
    settle(clock.now())
    ended = {one.member_id for one in disabled[:60]}
    assert not ended & holders("disability-rides")
    assert cards_of_list(officer, held.id, "cancel", "metro") == {one.card for one in disabled[:60]}
    officer.post(f"/agency/changes/{held.id}/decide/", {"do": "undo"})
    settle(clock.now())
    assert standing() == before
    assert ended <= holders("disability-rides")
    assert len(cards_of_list(officer, held.id, "restore", "metro")) == 60
    assert proving.prove(now=clock.now()) == []
