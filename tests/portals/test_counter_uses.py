"""市民非必須申辦市民卡才可以使用這些公部門資源: a use for somebody without a card or a phone."""

import base64
import datetime as dt

import pytest
from django.test import Client

from citycard.agencies import api as agencies
from citycard.flows import recording_uses
from citycard.infra import clock, journal
from citycard.infra.crypto import seal
from citycard.infra.database import rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.ledger import api as ledger
from citycard.portals import reader_health
from citycard.portals.counter import handles
from citycard.taps import api as taps
from tests.harness.cities import City
from tests.lives import people as lives
from tests.portals import counter_desk as desk
from tests.portals import looking, purse, seeding
from tests.portals.counter_desk import sentences

pytestmark = pytest.mark.city("taipei")

SINCE = dt.date(2026, 9, 1)
HEALTH, HOSPITAL, OFFICE = "health-daan", "hospital-renai", "office-daan"


@pytest.fixture(scope="module")
def town(city: City) -> City:
    desk.open_city()
    return city


@pytest.fixture(scope="module")
def health(town: City) -> Client:
    return desk.clerk_at(HEALTH, **{"accept-language": "zh-hant"})


@pytest.fixture(scope="module")
def hospital(town: City) -> Client:
    return desk.clerk_at(HOSPITAL, **{"accept-language": "zh-hant"})


def somebody(born: dt.date = dt.date(1948, 5, 12), **facts: object) -> int:
    """Somebody who is registered in the city and has no card."""
    member, _ = lives.member(born, since=SINCE, registered_city="taipei", **facts)
    return member


def entitled() -> int:
    return somebody(**{"approval.health-service": True, "status.low-income": True})


def address(clerk: Client, member_id: int) -> str:
    """The person's address, as this clerk's search would give it."""
    staff = scalar(
        "SELECT staff_id FROM identity_account WHERE id = %s", [clerk.session["account_id"]]
    )
    blob = seal(handles._LABEL, str(member_id), row=f"staff:{staff}")
    return f"/counter/people/{base64.urlsafe_b64encode(blob).decode().rstrip('=')}/"


def given(service: str, **more: str) -> dict[str, str]:
    now = clock.now().isoformat()
    return {"service": service, "reason": "no_card", "seen": "on", "once": f"{now}|a", **more}


def stored(member_id: int) -> list[tuple[str, str, int, int | None]]:
    """Where somebody's taps were made, by which service, with which answer and card."""
    found = rows(
        "SELECT place, service, code, card_id FROM pub.taps WHERE member_id = %s ORDER BY at, seq",
        [member_id],
    )
    return [(one.place, one.service, one.code, one.card_id) for one in found]


def test_a_use_is_entered_once_and_seen_by_the_person(town: City, health: Client) -> None:
    who = entitled()
    here = address(health, who)
    assert "沒帶卡片，登記使用" in sentences(health.get(here))
    page = sentences(health.get(f"{here}use/"))
    for words in ("健康服務", "有資格使用", "我看過證件正本"):
        assert words in page, words
    asked = given("health-check", reason="forgotten")
    unseen = health.post(f"{here}use/", {**asked, "seen": ""})
    assert unseen.status_code == 422
    assert stored(who) == []
    done = health.post(f"{here}use/", asked, follow=True)
    assert "「健康服務」已登記" in sentences(done)
    health.post(f"{here}use/", asked)
    assert stored(who) == [(HEALTH, "health-check", taps.Code.ACCEPTED, None)], "sent twice is once"
    (kept,) = rows(
        "SELECT reason, counter, actor FROM taps_counter_use WHERE member_id = %s", [who]
    )
    assert kept[:2] == ("forgotten", HEALTH)
    assert kept.actor.startswith("staff:")

    me = purse.resident(who)
    mine = sentences(me.get("/uses/"))
    assert "健康服務" in mine
    assert "由櫃台登記" in mine
    (tap,) = rows("SELECT reader_id || '-' || epoch || '-' || seq AS tap FROM pub.taps"
                  " WHERE member_id = %s", [who])  # fmt: skip
    assert me.get(f"/why/{tap.tap}/").status_code == 200
    assert taps.verify() == []
    assert scalar("SELECT count(*) FROM pub.bindings WHERE member_id = %s", [who]) == 0


def test_it_counts_like_a_tap(town: City, health: Client) -> None:
    who = entitled()
    health.post(f"{address(health, who)}use/", given("health-check"))
    before = _uses()
    health.post(f"{address(health, who)}use/", given("health-check", once="2026|b"))
    assert _uses() == before + 1


def _uses() -> int:
    journal.pump_until_idle()
    return int(
        scalar(
            "SELECT coalesce(sum(n), 0) FROM insight_count WHERE service = 'health-check'"
            " AND what = 'uses' AND agency = %s",
            [HEALTH],
        )
    )


def test_whoever_has_no_right_is_refused_as_at_a_reader(town: City, health: Client) -> None:
    who = somebody()
    here = address(health, who)
    assert "沒有資格" in sentences(health.get(f"{here}use/"))
    done = health.post(f"{here}use/", given("health-check"), follow=True)
    assert "沒有受理：沒有這項服務需要的資格" in sentences(done)
    assert [one[2] for one in stored(who)] == [taps.Code.NOT_ENTITLED]


def test_a_month_s_points_pay_a_price(town: City, hospital: Client) -> None:
    who = somebody(**{"approval.senior-rides": True, "resides_in_city": True})
    here = f"{address(hospital, who)}use/"
    asked = given("hospital-registration")
    silent = hospital.post(here, asked)
    assert silent.status_code == 422
    assert "請填價格" in sentences(silent)
    done = sentences(hospital.post(here, {**asked, "price_ntd": "50"}, follow=True))
    assert "點數付 50 點，另收現金 0 元" in done
    assert ledger.verify() == []


def test_only_where_the_pack_says(town: City) -> None:
    office = desk.clerk_at(OFFICE, **{"accept-language": "zh-hant"})
    who = entitled()
    here = f"{address(office, who)}use/"
    assert "健康服務" not in sentences(office.get(here)).split("活動集點")[-1]
    assert office.post(here, given("health-check")).status_code == 422
    assert stored(who) == []
    clerk = Actor(
        id="staff:1", kind="staff", roles=frozenset({"clerk"}), agency=OFFICE, counter=OFFICE
    )
    with pytest.raises(recording_uses.NotAtThisCounter):
        recording_uses.record(
            member_id=who, service="library-loan", reason="no_card",
            key=recording_uses.uuid.uuid4(), actor=clerk, now=clock.now(),
        )  # fmt: skip


def test_an_agency_closes_the_path(town: City, health: Client) -> None:
    who = entitled()
    here = f"{address(health, who)}use/"
    health.post(here, given("health-check"))
    (device,) = agencies.devices_by_code(codes=[f"COUNTER-{HEALTH}-HEALTH-CHECK".upper()]).values()
    assert device.kind == "counter"
    (line,) = reader_health.lines([device], clock.now() + dt.timedelta(days=9))
    assert (line.faults, line.taken > 0) == ([], True)
    with unit_of_work():
        agencies.revoke_device(
            device_id=device.device_id, because="no longer", actor=SYSTEM, now=clock.now()
        )
    closed = health.post(here, given("health-check", once="2026|c"))
    assert "已停止這個櫃台登記" in sentences(closed)
    assert len(stored(who)) == 1


def test_points_of_a_campaign_that_the_counter_serves(town: City) -> None:
    event = desk.clerk_at("event-desk", **{"accept-language": "zh-hant"})
    who = somebody(dt.date(1980, 5, 12))
    here = f"{address(event, who)}use/"
    event.post(here, given("activity"))
    (device,) = agencies.devices_by_code(codes=["COUNTER-EVENT-DESK-ACTIVITY"]).values()
    seeding.campaign("EVENT-DESK", "doit", [device.device_id])
    done = sentences(event.post(here, given("activity", once="2026|d"), follow=True))
    assert "「活動集點」已登記。給 10 點" in done
    assert taps.verify() == ledger.verify() == []


@looking.needs_browser[0]
@looking.needs_browser[1]
def test_the_pages_on_a_phone_and_on_a_desk(town: City, hospital: Client) -> None:
    who = entitled()
    here = address(hospital, who)
    hospital.post(f"{here}use/", given("hospital-registration", price_ntd="50"))
    me = purse.resident(who)
    pages = {
        "use": (f"{here}use/", hospital),
        "person": (here, hospital),
        "uses": ("/uses/", me),
        "me": ("/me/", me),
    }
    assert looking.faulty(pages) == {}
