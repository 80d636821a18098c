"""A community's door: by card at the counter, versions with what changed, fetched by its system."""

import base64
import datetime as dt
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.test import Client

from citycard.agencies import api as agencies
from citycard.cards import api as cards
from citycard.flows import listing_doors, rostering
from citycard.infra import papers
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.periods import DateSpan
from tests.harness.cities import City
from tests.lives import people as lives
from tests.lives.test_functions import decide, officer
from tests.portals import looking, seeding

START = dt.date(2026, 9, 1)
ROSTER = "bay-court-resident"
ADDRESS = f"/agency/rosters/{ROSTER}/"
TODAY = dt.datetime.now(dt.UTC)

pytestmark = pytest.mark.usefixtures("town")


def resident() -> tuple[int, int, str]:
    """A member with a card: ids, and the card's number."""
    member, _ = lives.member(dt.date(1970, 1, 1), since=START)
    card = lives.card(member, "general", START)
    return member, card, scalar("SELECT number FROM pub.card_numbers WHERE card_id = %s", [card])


def add(number: str, unit: str, days: DateSpan = DateSpan()) -> str:  # noqa: B008 - frozen
    return rostering.add_by_card(
        relation=ROSTER,
        card_number=number,
        unit=unit,
        days=days,
        actor=officer("bay-court"),
        now=TODAY,
    )


def present() -> listing_doors.DoorListVersion:
    return listing_doors.current_list(relation=ROSTER, actor=officer("bay-court"), now=TODAY)


def listed(version: listing_doors.DoorListVersion, name: str = "list.csv") -> list[list[str]]:
    text = listing_doors.list_file(version=version, name=name).content.decode()
    return [line.split(",") for line in text.splitlines()[1:]]


def test_who_moved_out_lost_the_card_or_has_no_days_left_is_out_of_the_next_list(
    town: City,
) -> None:
    (stays, _, first), (moves, _, second), (loses, lost, third) = (resident() for _ in range(3))
    until = TODAY.date() + dt.timedelta(days=30)
    assert add(first, "A-3F", DateSpan(None, until)) == "given"
    assert [add(second, "A-4F"), add(third, "B-1F")] == ["given", "given"]
    for member in (stays, moves, loses):
        decide(member, TODAY)
    one = present()
    numbers = {line[2]: line for line in listed(one)}
    assert {first, second, third} <= numbers.keys()
    assert numbers[first][4] == until.isoformat()
    assert present() == one  # nothing changed: no new version
    with unit_of_work():
        cards.report_lost(card_id=lost, actor=SYSTEM, now=TODAY)
    entries = rostering.entries(
        relation=ROSTER, entitlements=["bay-court-door"], actor=officer("bay-court"), now=TODAY
    )
    [gone] = [one.key for one in entries if one.unit == "A-4F"]
    done = rostering.take_back_entry(
        relation=ROSTER, key=gone, actor=officer("bay-court"), now=TODAY
    )
    assert done == "taken_back"
    two = present()
    assert two.number == one.number + 1
    assert {line[2] for line in listed(two)} & {first, second, third} == {first}
    changes = {(line[0], line[3]) for line in listed(two, "changes.csv")}
    assert {("removed", second), ("removed", third)} <= changes
    assert ("added", first) not in changes
    ended = dt.datetime.combine(until, dt.time(4), dt.UTC)
    late = listing_doors.door_list(relation=ROSTER, actor=officer("bay-court"), now=ended)
    assert first not in {number for _, _, number in late}


def test_nobody_else_adds_and_a_card_of_nobody_s_is_told(town: City) -> None:
    _, _, number = resident()
    with pytest.raises(rostering.NotYourRoster):
        rostering.add_by_card(
            relation=ROSTER,
            card_number=number,
            unit="",
            days=DateSpan(),
            actor=officer("farmers"),
            now=TODAY,
        )
    with pytest.raises(rostering.NoSuchCard):
        add("9999999999999999", "")
    with pytest.raises(rostering.BadDays):
        add(number, "", DateSpan(None, TODAY.date() - dt.timedelta(days=3)))


def test_the_doors_own_system_fetches_the_list_by_its_key(town: City) -> None:
    member, _, number = resident()
    with unit_of_work():
        [device, other] = agencies.enrol_devices(
            devices=[
                agencies.NewDevice(
                    code=f"{agency}-gate", kind="reader", agency=agency, place="", service="door"
                )
                for agency in ("bay-court", "farmers")
            ],
            actor=SYSTEM,
            now=TODAY,
        )
    add(number, "C-2F")
    decide(member, TODAY)
    records = "SELECT count(*) FROM people_access_record WHERE purpose = 'door-list'"
    door = Client(headers={"Authorization": f"Reader {device.code}:{device.key}"})
    answer = door.get(f"{ADDRESS}door.csv")
    assert answer.status_code == 200, answer.content
    assert number in answer.content.decode()
    assert {line.split(",")[1] for line in answer.content.decode().splitlines()[1:]} == {"printed"}
    key: Any = load_pem_public_key(papers.public_key_pem())
    key.verify(base64.b64decode(answer["X-List-Signature"]), answer.content)
    before = scalar(records)
    assert (
        door.get(f"{ADDRESS}door.csv", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    )
    assert scalar(records) == before
    version = answer["X-List-Version"]
    assert door.get(f"{ADDRESS}door/{version}/list.csv").content == answer.content
    assert door.get(f"{ADDRESS}door/{version}/changes.csv").status_code == 200
    assert scalar(records) == before + 2
    stranger = Client(headers={"Authorization": f"Reader {other.code}:{other.key}"})
    assert stranger.get(f"{ADDRESS}door.csv").status_code == 404
    assert Client().get(f"{ADDRESS}door.csv").status_code in (302, 401)


@pytest.mark.parametrize("is_demo", [False, True])
def test_a_system_in_the_sandbox_has_the_list_of_a_demo_alone(
    town: City, settings: Any, is_demo: bool
) -> None:
    settings.CITYCARD_DEMO = is_demo
    with unit_of_work():
        made = agencies.connect_client(
            code=f"DOOR-{is_demo}", agency="bay-court", sandbox=True, actor=SYSTEM, now=TODAY
        )
    system = Client(headers={"Authorization": f"Client {made.code}:{made.key}"})
    wanted = 200 if is_demo else 403
    assert system.get(f"{ADDRESS}door.csv").status_code == wanted
    assert system.get(f"{ADDRESS}door/1/list.csv").status_code == wanted


def test_the_page_adds_by_card_and_removes(town: City) -> None:
    member, _, number = resident()
    clerk = seeding.signed_in("bay-clerk", "bay-court", ["organiser"])
    last = TODAY.date() + dt.timedelta(days=60)
    sent = {"card_number": number, "unit": "D棟5樓", "since": "", "until": last.isoformat()}
    assert clerk.post(f"{ADDRESS}add/", sent).status_code == 302
    decide(member, TODAY)
    page = clerk.get(ADDRESS).content.decode()
    assert "D棟5樓" in page
    assert number[-4:] in page
    assert number not in page
    assert clerk.post(f"{ADDRESS}add/", {"card_number": "123"}).status_code == 422
    backwards = {**sent, "since": "2027-05-01", "until": "2027-04-01"}
    assert clerk.post(f"{ADDRESS}add/", backwards).status_code == 422
    key = rostering.entry_key(ROSTER, member)
    assert clerk.post(f"{ADDRESS}remove/", {"entry": key}).status_code == 302
    assert "D棟5樓" not in clerk.get(ADDRESS).content.decode()
    assert scalar("SELECT count(*) FROM cards_roster_unit WHERE member_id = %s", [member]) == 0


def entry(member: int) -> rostering.RosterEntry | None:
    found = rostering.entries(
        relation=ROSTER, entitlements=["bay-court-door"], actor=officer("bay-court"), now=TODAY
    )
    key = rostering.entry_key(ROSTER, member)
    return next((one for one in found if one.key == key), None)


def test_whoever_comes_later_stands_on_the_roster_and_is_taken_off_before_that(town: City) -> None:
    member, _, number = resident()
    clerk = seeding.signed_in("bay-clerk", "bay-court", ["organiser"])
    first = TODAY.date() + dt.timedelta(days=20)
    sent = {"card_number": number, "unit": "F棟1樓", "since": first.isoformat(), "until": ""}
    said = clerk.post(f"{ADDRESS}add/", sent, follow=True).content.decode()
    assert "下一份門禁名單就會有這張卡" not in said
    assert f"{first.month} 月 {first.day} 日" in said
    listed = entry(member)
    assert listed is not None
    assert (listed.days, listed.coming) == (DateSpan(first, None), True)
    page = clerk.get(ADDRESS).content.decode()
    assert "F棟1樓" in page
    assert "還沒開始" in page
    assert clerk.post(f"{ADDRESS}remove/", {"entry": listed.key}).status_code == 302
    assert entry(member) is None
    decide(member, TODAY)
    assert listing_doors.current_list(relation=ROSTER, actor=officer("bay-court"), now=TODAY)
    then = dt.datetime.combine(first, dt.time(4), dt.UTC)
    late = listing_doors.door_list(relation=ROSTER, actor=officer("bay-court"), now=then)
    assert number not in {one for _, _, one in late}


@pytest.mark.parametrize("by", ["number", "whole roster"])
def test_whoever_comes_later_is_taken_off_by_number_or_by_a_roster_without_them(
    town: City, by: str
) -> None:
    member, id_number = lives.member(dt.date(1970, 1, 1), since=START)
    stays, stays_number = lives.member(dt.date(1970, 1, 1), since=START)
    for who in (member, stays):
        card = lives.card(who, "general", START)
        number = scalar("SELECT number FROM pub.card_numbers WHERE card_id = %s", [card])
        first = TODAY.date() + dt.timedelta(days=20)
        add(number, "G-1F", DateSpan(first if who == member else None, None))
    bay = officer("bay-court")
    if by == "number":
        assert (
            rostering.take_back(relation=ROSTER, id_number=id_number, actor=bay, now=TODAY)
            == "taken_back"
        )
    else:
        rostering.take_roster(
            relation=ROSTER,
            id_numbers=[stays_number],
            many_may_end=True,
            actor=bay,
            now=TODAY,
        )
    assert entry(member) is None
    assert entry(stays) is not None


@pytest.mark.browser
@pytest.mark.skipif(not looking.AXE.is_file(), reason="npm ci has not run")
def test_the_roster_s_page_looks_right(town: City) -> None:
    later = DateSpan(TODAY.date() + dt.timedelta(days=20), None)
    for unit, days in (("E-1F", DateSpan()), ("E-2F", DateSpan()), ("E-3F", later)):
        member, _, number = resident()
        add(number, unit, days)
        decide(member, TODAY)
    present()
    clerk = seeding.signed_in("bay-clerk", "bay-court", ["organiser"])
    found = {}
    with looking.served() as address, looking.browsing() as browser:
        for size in ("phone", "desk"):
            page = looking.opened(browser, address, clerk, size=size)
            page.goto(f"{address}{ADDRESS}")
            looking.picture(page, f"roster-{size}")
            found[size] = looking.faults(page)
    assert not {size: faults for size, faults in found.items() if faults}
