"""What a card does: functions added without reissue, an organisation's own, a trial's, a door's."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.flows import listing_doors, rostering, tapping
from citycard.identity import api as identity
from citycard.infra import clock
from citycard.infra.database import rows, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.kernel.actors import SYSTEM, Actor
from citycard.people import api as people
from citycard.taps import api as taps
from tests.flows.living import new_number
from tests.harness.cities import City
from tests.lives import people as lives
from tests.portals import seeding
from tests.portals.counter_desk import sentences

pytestmark = pytest.mark.usefixtures("town")

START = dt.date(2026, 9, 1)
ADDED = dt.date(2026, 12, 1)
SCHOOL = {"level": "primary", "in_city": True, "code": "upper-bank", "graduates_on": "2031-06-30"}


def officer(agency: str) -> Actor:
    return Actor(id=f"staff:{agency}", kind="staff", roles=frozenset({"organiser"}), agency=agency)


def opens(card: int, on: dt.date) -> set[str]:
    found = rows(
        "SELECT entitlement FROM pub.holdings WHERE card_id = %s AND valid @> %s::date", [card, on]
    )
    return {one.entitlement for one in found}


def pupil(**changes: object) -> tuple[int, int]:
    school = {**SCHOOL, **changes}
    who, _ = lives.member(
        dt.date(2017, 3, 2), since=START, registered_city="taoyuan", school=school
    )
    return who, lives.card(who, "student", START)


def test_a_library_is_added_to_cards_that_were_issued_before() -> None:
    """110學年度 adds library: a function can be added to already-issued cards without reissue."""
    who, card = pupil()
    assert "library" not in opens(card, ADDED - dt.timedelta(days=1))
    assert opens(card, ADDED) >= {"library", "student-service"}
    before = scalar("SELECT count(*) FROM cards_card_history WHERE card_id = %s", [card])
    assert before == 1  # registered, and nothing since: the card itself was never touched
    general = lives.card(who, "general", START)
    assert "library" in opens(general, START)  # a function's days are those of its kind of card


def test_the_holder_reads_on_the_cards_page_from_when_it_works() -> None:
    who, card = pupil()
    public_id = scalar("SELECT public_id FROM cards_card WHERE id = %s", [card])
    with unit_of_work():
        (account,) = identity.open_accounts(
            accounts=[identity.NewAccount(member_id=who, level=1)],
            actor=SYSTEM,
            now=lives.noon(START),
        )
    for on, said in ((dt.date(2026, 11, 21), "起可用"), (ADDED, "起加入")):
        with clock.stopped_at(lives.noon(on)):
            browser = Client(headers={"accept-language": "zh-hant"})
            session = browser.session
            session["account_id"], session["level"] = account, 1
            session.save()
            page = sentences(browser.get(f"/cards/{public_id}/"))
        assert "這張卡的功能" in page
        assert said in page, page


def test_a_trial_is_for_its_named_schools_alone() -> None:
    """試辦學校: a function can be limited to a named set of organisations, by data."""
    inside, outside = pupil(), pupil(code="lower-bank")
    assert "pilot-attendance" in opens(inside[1], START)
    assert "pilot-attendance" not in opens(outside[1], START)
    with unit_of_work():  # changes school: the function follows
        lives.told(outside[0], dt.date(2026, 10, 1), school=SCHOOL)
    assert "pilot-attendance" in opens(outside[1], dt.date(2026, 10, 1))
    assert opens(inside[1], dt.date(2031, 6, 30)) == {"points"} | (
        opens(inside[1], dt.date(2031, 6, 30)) & {"library"}
    )


def test_an_organisation_alone_gives_and_takes_its_function() -> None:
    """開南大學教職員證般：an outside organisation is an issuer of a function it alone can grant."""
    who, number = lives.member(dt.date(1980, 5, 5), since=START, registered_city="taoyuan")
    card = lives.card(who, "general", START)
    now = lives.noon(dt.date(2026, 10, 5))
    for stranger in ("rdec", "education", "farmers"):
        with pytest.raises(rostering.NotYourRoster):
            rostering.take_roster(
                relation="river-staff", id_numbers=[number], actor=officer(stranger), now=now
            )
    college = officer("river-college")
    strangers = new_number()
    done = rostering.take_roster(
        relation="river-staff", id_numbers=[number, strangers], actor=college, now=now
    )
    assert (done.outcomes, done.ended) == (("given", "no_member"), 0)
    decide(who, now)
    assert "river-id" in opens(card, dt.date(2026, 10, 5))
    assert "river-id" not in opens(card, dt.date(2026, 10, 4))
    (unknown,) = people.member_ids_by_number(id_numbers=[strangers])
    assert unknown is None
    later = lives.noon(dt.date(2026, 10, 20))
    taken = rostering.take_back(relation="river-staff", id_number=number, actor=college, now=later)
    assert taken == "taken_back"
    decide(who, later)
    assert "river-id" in opens(card, dt.date(2026, 10, 19))
    assert "river-id" not in opens(card, dt.date(2026, 10, 20))


def test_a_roster_sent_again_changes_nothing_and_a_halved_one_takes_nobody_off() -> None:
    """農會會員證: membership roster import is idempotent."""
    crowd = [lives.member(dt.date(1970, 1, 1), since=START) for _ in range(5)]
    numbers = [number for _, number in crowd]
    club, now = officer("farmers"), lives.noon(dt.date(2026, 10, 6))
    first = rostering.take_roster(
        relation="farmers-member", id_numbers=numbers, actor=club, now=now
    )
    facts = "SELECT count(*) FROM people_fact WHERE name = 'relation.farmers-member'"
    kept = scalar(facts)
    tomorrow = now + dt.timedelta(days=1)
    again = rostering.take_roster(
        relation="farmers-member", id_numbers=numbers, actor=club, now=tomorrow
    )
    assert set(first.outcomes) == {"given"}
    assert (set(again.outcomes), again.ended, scalar(facts)) == ({"held_already"}, 0, kept)
    for short in ([], numbers[:2]):
        with pytest.raises(rostering.RosterTooShort):
            rostering.take_roster(
                relation="farmers-member", id_numbers=short, actor=club, now=tomorrow
            )
    assert scalar(facts) == kept
    four = rostering.take_roster(
        relation="farmers-member", id_numbers=numbers[1:], actor=club, now=tomorrow
    )
    assert four.ended == 1


def test_a_removed_resident_is_out_of_the_doors_next_list() -> None:
    """門禁卡: a removed resident is out of the next list; the list holds numbers and no names."""
    (one, first), (two, second) = (lives.member(dt.date(1970, 1, 1), since=START) for _ in range(2))
    held = [lives.card(who, "general", START) for who in (one, two)]
    community, now = officer("bay-court"), lives.noon(dt.date(2026, 10, 7))
    rostering.take_roster(
        relation="bay-court-resident", id_numbers=[first, second], actor=community, now=now
    )
    decide(one, now)
    decide(two, now)
    numbers = [
        scalar("SELECT number FROM pub.card_numbers WHERE card_id = %s", [id_]) for id_ in held
    ]
    listed = listing_doors.door_list(relation="bay-court-resident", actor=community, now=now)
    assert {number for _, _, number in listed} == set(numbers)
    later = lives.noon(dt.date(2026, 10, 8))
    rostering.take_roster(
        relation="bay-court-resident", id_numbers=[second], actor=community, now=later
    )
    decide(one, later)
    listed = listing_doors.door_list(relation="bay-court-resident", actor=community, now=later)
    assert [number for _, _, number in listed] == numbers[1:]
    seen = "SELECT count(*) FROM people_access_record WHERE purpose = 'door-list'"
    assert scalar(seen) == 2


def test_over_http_the_organisation_sends_its_roster_and_downloads_the_doors_list() -> None:
    _, number = lives.member(dt.date(1970, 1, 1), since=START)
    browser = seeding.signed_in("bay", "bay-court", ["organiser"])
    assert "海灣社區住戶" in sentences(browser.get("/agency/rosters/"))
    assert browser.get("/agency/rosters/farmers-member/").status_code == 404
    kept = people.members_with(fact="relation.bay-court-resident", on=clock.today())
    file = SimpleUploadedFile("bay.csv", f"id_number\n{number}\n".encode(), "text/csv")
    many = {"many_may_end": "on"} if kept else {}
    page = browser.post("/agency/rosters/bay-court-resident/", {"file": file, **many})
    assert (page.status_code, "新增 1 人" in sentences(page)) == (200, True), sentences(page)
    empty = SimpleUploadedFile("bay.csv", b"id_number\n", "text/csv")
    page = browser.post("/agency/rosters/bay-court-resident/", {"file": empty})
    assert page.status_code == 422
    listed = browser.get("/agency/rosters/bay-court-resident/door.csv")
    assert listed.content.decode("utf-8-sig").startswith("issuer,number_kind,number")


@pytest.mark.parametrize(
    ("on", "level", "before", "template"),
    [
        (dt.date(2015, 9, 1), None, None, "student"),
        (dt.date(2016, 8, 31), "primary", None, "student"),
        (dt.date(2016, 9, 1), "primary", None, "general"),  # 國小桃花紅
        (dt.date(2016, 9, 1), "junior", None, "staff"),  # 國中水塘綠
        (dt.date(2016, 9, 1), "senior", None, "staff"),
        (dt.date(2016, 9, 1), "university", None, "student"),
        (dt.date(2020, 1, 1), "primary", "student", "general"),  # a replacement gets the newest
    ],
)
def test_the_artwork_goes_by_kind_day_and_school_level(
    on: dt.date, level: str | None, before: str | None, template: str
) -> None:
    kind = current_pack().table("cards")["kinds"]["student"]
    assert issuing.template_of(kind=kind, on=on, level=level, before=before) == template
    same = {**kind, "replacement_version": "same"}
    assert issuing.template_of(kind=same, on=on, level=level, before=before) == before or template


def test_another_medium_is_data_alone(town: City) -> None:
    """107 晶片身分證、銀行信用卡: new medium and account types are added by data, not code."""
    who, _ = lives.member(dt.date(1970, 1, 1), since=START, registered_city="taoyuan")
    number = "BK-0000-0000-0001"
    with unit_of_work():
        (made,) = cards.register_many(
            cards=[cards.NewCard(kind="bank", medium="bank-card", numbers={"token": number})],
            actor=SYSTEM,
            now=lives.noon(START),
        )
        assert made.card_id is not None, made.refusal
        bind = cards.Bind(card_id=made.card_id, member_id=who)
        cards.bind_many(binds=[bind], actor=SYSTEM, now=lives.noon(START))
    assert opens(made.card_id, START) >= {"points", "library"}
    found = cards.find_by_any_number(number=number)
    assert found is not None
    assert (found.member_id, found.medium) == (who, "bank-card")


def decide(who: int, now: dt.datetime) -> None:
    """What the subscriber of changed facts does."""
    with unit_of_work():
        entitlements.decide_again(member_ids=[who], actor=SYSTEM, now=now)


def test_a_reader_opens_a_function_from_its_day_on(town: City) -> None:
    who, card = pupil()
    number = scalar("SELECT number FROM pub.card_numbers WHERE card_id = %s", [card])
    with unit_of_work():
        cards.link_agency_numbers(
            agency="library", links=[(who, "T100000017")], actor=SYSTEM, now=lives.noon(START)
        )
    (device,) = seeding.enrol_readers("library-taoyuan", service="library-loan").values()
    answers = [
        tapping.take(
            reads=[
                taps.TapRead(
                    device_id=device, epoch=1, seq=seq, at=lives.noon(on), issuer="easycard",
                    number_kind="printed", number=number,
                )
            ],
            now=lives.noon(on),
        )[0]
        for seq, on in enumerate((ADDED - dt.timedelta(days=1), ADDED), 1)
    ]  # fmt: skip
    assert [one.code for one in answers] == [taps.Code.WRONG_SERVICE, taps.Code.ACCEPTED]
    assert [one.agency_number for one in answers] == [None, "T100000017"]
