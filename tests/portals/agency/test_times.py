"""From handing in to handing over: measured, on the case and as a distribution."""

import datetime as dt

import pytest
from django.test import Client

from citycard.applications import api as applications
from citycard.infra import clock
from citycard.infra.database import execute, rows
from tests.harness.cities import City
from tests.portals import counter_desk as desk
from tests.portals import looking, seeding
from tests.portals.counter_desk import sentences

A_MINUTE, A_DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)


@pytest.fixture(scope="module")
def clerk(city: City) -> Client:
    desk.open_city()
    desk.blanks(20)
    return desk.clerk_at()


@pytest.fixture(scope="module")
def ref(city: City, clerk: Client) -> str:
    """A case that went from the form to the hand-over in one session."""
    return desk.card_in_hand(city, clerk, desk.senior("許美惠"))


def took(minutes: float, *, due: dt.timedelta = A_DAY, ref: str = "") -> None:
    """Let a case, or ever the newest copy of it, have taken so long."""
    execute(
        "UPDATE applications_application SET submitted_at ="
        " (SELECT max(completed_at) FROM applications_part p WHERE p.application_id ="
        " applications_application.id) - %s WHERE ref = %s",
        [minutes * A_MINUTE, ref],
    )


def copied(ref: str, minutes: float, *, late: bool = False) -> None:
    """A case like this one that took so long."""
    (found,) = rows(
        "INSERT INTO applications_application (public_id, ref, form, channel, member_id, counter,"
        " entered_by, state, services, form_sealed, pack_hash, created_at, submitted_at, closed_at)"
        " SELECT gen_random_uuid(), 'A-' || gen_random_uuid(), form, channel, member_id, counter,"
        " entered_by, state, services, form_sealed, pack_hash, created_at, closed_at - %s,"
        " closed_at FROM applications_application WHERE ref = %s RETURNING id",
        [minutes * A_MINUTE, ref],
    )
    execute(
        "INSERT INTO applications_part (application_id, member_id, service, entitlement, agency,"
        " card_kind, decide_within_days, state, due_at, decided_at, completed_at)"
        " SELECT %s, p.member_id, p.service, p.entitlement, p.agency, p.card_kind,"
        " p.decide_within_days, p.state, p.decided_at + %s, p.decided_at, p.completed_at"
        " FROM applications_part p JOIN applications_application a ON a.id = p.application_id"
        " WHERE a.ref = %s",
        [found.id, -A_DAY if late else A_DAY, ref],
    )


def test_the_case_says_how_long_it_took(clerk: Client, ref: str) -> None:
    took(12, ref=ref)
    assert "從交件到交付：12 分鐘" in sentences(clerk.get(f"/counter/cases/{ref}/"))


def test_an_agency_sees_the_median_nine_in_ten_and_what_was_in_time(
    clerk: Client, ref: str
) -> None:
    took(10, ref=ref)
    for minutes in (20, 30, 40, 50, 60, 70, 80, 90, 5000):
        copied(ref, minutes, late=minutes == 5000)
    now = clock.now()
    (found,) = applications.times(
        agencies=["social-welfare"], counters=[], since=now - A_DAY, until=now + A_MINUTE
    )
    assert (found.service, found.channel, found.done) == ("senior-rides", "counter", 10)
    assert found.half_within == 55 * A_MINUTE
    assert found.nine_tenths_within == (90 + 491) * A_MINUTE
    assert (found.decided, found.in_time, found.promised_days) == (10, 9, 7)

    officer = seeding.signed_in(
        "sw-times", "social-welfare", ["organiser"], **{"accept-language": "zh-hant"}
    )
    page = sentences(officer.get("/agency/figures/times/"))
    for words in ("敬老卡服務", "臨櫃", "55 分鐘", "9 小時 41 分", "90%", "承諾 7 天"):
        assert words in page, words
    assert (
        "Half within"
        in officer.get(
            "/agency/figures/times/?days=365", headers={"accept-language": "en"}
        ).content.decode()
    )


def test_the_counter_that_hands_out_sees_its_own_and_another_agency_none(
    clerk: Client, ref: str
) -> None:
    def page(agency: str) -> str:
        officer = seeding.signed_in(
            f"t-{agency}", agency, ["officer"], **{"accept-language": "zh-hant"}
        )
        return sentences(officer.get("/agency/figures/times/"))

    assert "敬老卡服務" in page("office-zhongzheng")
    assert "這段期間沒有辦完的申辦" in page("library")


@looking.needs_browser[0]
@looking.needs_browser[1]
def test_the_page_on_a_phone_and_on_a_desk(clerk: Client, ref: str) -> None:
    officer = seeding.signed_in(
        "sw-look", "social-welfare", ["organiser"], **{"accept-language": "zh-hant"}
    )
    pages = {
        "times": ("/agency/figures/times/", officer),
        "case": (f"/counter/cases/{ref}/", clerk),
    }
    assert looking.faulty(pages) == {}
