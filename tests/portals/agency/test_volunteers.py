"""The organiser's page of volunteers' hours: what misses a sign-out, corrections, the list."""

import datetime as dt
import re

import pytest
from django.test import Client

from citycard.activities import api as activities
from citycard.infra.clock import city_time, now, today
from citycard.ledger import api as ledger
from tests.portals import purse, seeding

pytestmark = pytest.mark.usefixtures("city")
HOURS = "volunteer-minutes"


@pytest.fixture(scope="module")
def full(city):
    return purse.build(city)


@pytest.fixture
def organiser(full) -> Client:
    return seeding.signed_in("welfare", "social-welfare", ["organiser"])


def said(response, status: int = 200) -> str:
    found: str = response.content.decode()
    assert response.status_code == status, found[:2000]
    return found


def minutes(member: int) -> int:
    found = ledger.balances(holders=[member], unit=HOURS, on=today(), access=None)
    return found[member].available


def flagged(organiser: Client) -> str:
    addresses = re.findall(
        r'href="(/agency/volunteers/\d+/)"', said(organiser.get("/agency/volunteers/"))
    )
    assert len(addresses) == 1
    return addresses[0]


def hidden(page: str) -> dict[str, str]:
    found = dict(re.findall(r'type="hidden" name="(version|once)" value="([^"]+)"', page))
    assert set(found) == {"version", "once"}
    return found


def test_a_missing_sign_out_waits_and_is_corrected_once(full, organiser) -> None:
    before = minutes(full.rich)
    address = flagged(organiser)
    page = said(organiser.get(address))
    assert "缺簽退" in page
    assert "市民000" in page
    day = city_time().day(seeding.at_noon(4))
    sent = {
        **hidden(page),
        "day_year": str(day.year - 1911),
        "day_month": str(day.month),
        "day_day": str(day.day),
        "starts": "12:00",
        "ends": "14:00",
        "reason": "忘了簽退，已與現場人員核對",
    }
    for _ in range(2):  # a double click corrects once
        assert "已更正" in said(organiser.post(f"{address}correct/", sent, follow=True))
    assert minutes(full.rich) - before == 120
    assert "沒有要核對的紀錄" in said(organiser.get("/agency/volunteers/"))
    shift = address.rstrip("/").rpartition("/")[2]
    mine = said(purse.resident(full.rich).get(f"/hours/{shift}/"))
    assert "忘了簽退，已與現場人員核對" in mine
    assert "簽到 12:00" in mine  # what stood before is still there


def test_the_volunteer_is_told_of_the_correction(city, full) -> None:
    city.settle()
    said_to = said(purse.resident(full.rich).get("/messages/"))
    assert said_to.count("志工服務時數更正") == 1
    assert "差額 120 分鐘" in said_to


def test_words_that_make_no_sense_come_back_with_the_form(full, organiser) -> None:
    page = said(organiser.get("/agency/volunteers/1/"))
    day = city_time().day(now()) + dt.timedelta(days=2)
    sent = {
        **hidden(page),
        "day_year": str(day.year),
        "day_month": str(day.month),
        "day_day": str(day.day),
        "starts": "12:00",
        "ends": "14:00",
        "reason": "測試",
    }
    found = said(organiser.post("/agency/volunteers/1/correct/", sent), 422)
    assert "不能是未來的時間" in found
    assert "請寫下原因" in said(
        organiser.post("/agency/volunteers/1/correct/", {**sent, "reason": ""}), 422
    )


def test_a_shift_is_struck_out_and_its_hours_go(full, organiser) -> None:
    before = minutes(full.members[1])
    page = said(organiser.get("/agency/volunteers/?show=all"))
    address = re.findall(r'href="(/agency/volunteers/\d+/)">市民001', page)[0]
    sent = {**hidden(said(organiser.get(address))), "do": "strike", "reason": "重複登錄"}
    assert "已刪除" in said(organiser.post(f"{address}correct/", sent, follow=True))
    assert before - minutes(full.members[1]) == 120


def test_a_shift_by_the_list_for_a_volunteer_without_a_card(full, organiser) -> None:
    day = city_time().day(seeding.at_noon(8))
    sent = {
        "card_number": seeding.card_number(2),
        "place": "volunteer-center",
        "day_year": str(day.year),
        "day_month": str(day.month),
        "day_day": str(day.day),
        "starts": "22:00",
        "ends": "01:30",
        "reason": "忘了帶卡",
        "once": now().isoformat(),
    }
    for _ in range(2):
        found = said(organiser.post("/agency/volunteers/new/", sent, follow=True))
    assert "3 小時 30 分" in found
    assert minutes(full.members[2]) == 210
    wrong = {**sent, "card_number": "1" * 16, "once": "x"}
    assert "找不到" in said(organiser.post("/agency/volunteers/new/", wrong), 422)


def test_who_looked_stands_in_the_volunteers_access_records(full, organiser) -> None:
    organiser.get("/agency/volunteers/?show=all")
    assert "活動集兌點清單" in said(purse.resident(full.rich).get("/me/access/"))


def test_another_agency_sees_nothing_of_it(full) -> None:
    other = seeding.signed_in("sporty", "sports", ["organiser"])
    assert "市民" not in said(other.get("/agency/volunteers/?show=all")).split("<main")[1]
    said(other.get("/agency/volunteers/1/"), 404)


def test_finance_reads_and_does_not_write(full) -> None:
    finance = seeding.signed_in("money", "social-welfare", ["finance"])
    assert "送出更正" not in said(finance.get("/agency/volunteers/1/"))
    said(finance.post("/agency/volunteers/1/correct/", {}), 403)


def test_the_books_are_clean_afterwards(full) -> None:
    assert activities.verify() == []
    assert ledger.verify() == []
