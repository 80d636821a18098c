"""The officer's page of the brake and the operator's page of the feeds, over HTTP and looked at."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from citycard.agencies import api as agencies
from citycard.flows import listing_ends
from citycard.infra import clock
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web import wording
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people
from tests.flows.registers import change, fact, file_of, list_of, residents, settle, standing
from tests.portals import looking, seeding

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(scope="module")
def town(city):
    """A hundred and twenty people with a disability card; half of them fall out of a list."""
    seeding.activate()
    return residents(120, approval="disability-rides", **{"status.disability": True})


@pytest.fixture(scope="module")
def operator(town):
    return seeding.signed_in("operator-it", "doit", ["operator"])


@pytest.fixture(scope="module")
def officer(town):
    return seeding.signed_in("officer-it", "doit", ["officer"])


def uploaded(browser, content, name="list.csv"):
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    return browser.post("/ops/feeds/upload/", {"file": file}, follow=True)


@pytest.fixture(scope="module")
def held(town, operator):
    yesterday = clock.today() - dt.timedelta(days=1)
    page = uploaded(operator, list_of(town[::2], yesterday)).content.decode()
    assert "等待第二位主管覆核" in page
    (found,) = agencies.mass_changes(states=["waiting"])
    return found


def test_an_operator_sees_what_waits_and_an_officer_decides(town, operator, officer, held):
    assert "等待主管覆核" in operator.get("/ops/feeds/").content.decode()
    assert operator.get(f"/agency/changes/{held.id}/").status_code == 403
    page = officer.get(f"/agency/changes/{held.id}/").content.decode()
    assert "超過上限" in page
    assert "證明到期" in page
    assert "愛心乘車補助" in page


def test_some_people_are_shown_and_that_is_written_down(officer, held):
    count = "SELECT count(*) FROM people_access_record WHERE purpose = 'mass-change-review'"
    before = scalar(count)
    page = officer.get(f"/agency/changes/{held.id}/people/").content.decode()
    assert page.count("林長者") == 5
    assert scalar(count) == before + 1


def test_officers_of_other_agencies_see_nothing_of_it(town, held):
    other = seeding.signed_in("officer-health", "health", ["officer"])
    assert other.get("/agency/changes/").status_code == 404
    assert other.get(f"/agency/changes/{held.id}/people/").status_code == 404


def test_a_rejection_needs_a_word_and_changes_nobody(town, officer, held):
    before = standing()
    address = f"/agency/changes/{held.id}/decide/"
    assert officer.post(address, {"do": "reject", "said": " "}).status_code == 422
    officer.post(address, {"do": "reject", "said": "只有一半的名單"})
    assert agencies.mass_change(change_id=held.id).state == "rejected"
    settle(clock.now())
    assert standing() == before


def test_a_file_that_is_not_right_is_refused_with_the_line(operator, town):
    good = file_of([change(town[0], "moved", clock.today() - dt.timedelta(days=9), city="65000")])
    page = uploaded(operator, good.replace(b"moved", b"flown"), "moves.csv")
    assert page.status_code == 422
    text = page.content.decode()
    assert "moves.csv" in text
    assert "第 3 列" in text
    assert "沒有這種異動" in text


def test_an_approved_change_has_lists_and_is_undone(town, operator, officer):
    before = standing()
    uploaded(operator, list_of(town[:60], clock.today() - dt.timedelta(days=1)))
    (found,) = agencies.mass_changes(states=["waiting"])
    officer.post(f"/agency/changes/{found.id}/decide/", {"do": "approve"})
    settle(clock.now())
    page = officer.get(f"/agency/changes/{found.id}/").content.decode()
    assert "停用名單" in page
    listed = officer.get(f"/agency/changes/{found.id}/cancel/public-transport.csv")
    assert len(listed.content.decode().splitlines()) == 61
    signed = officer.get(f"/agency/changes/{found.id}/cancel/public-transport.csv?signature=1")
    assert signed["Content-Disposition"].endswith('.csv.sig"')
    officer.post(f"/agency/changes/{found.id}/decide/", {"do": "undo"})
    settle(clock.now())
    assert standing() == before
    assert "恢復名單" in officer.get(f"/agency/changes/{found.id}/").content.decode()


def test_what_ends_one_by_one_is_a_list_a_day_that_nobody_takes_back(town, operator, officer):
    one = town[119]
    with unit_of_work():
        people.record_facts(
            facts=[fact(one.member_id, "registered_city", "newtaipei", clock.today())],
            actor=SYSTEM,
            now=clock.now(),
        )
    settle(clock.now())
    assert "陸續終止" not in officer.get("/agency/changes/").content.decode()  # gathered yet
    listing_ends.list_ends(clock.now())
    settle(clock.now())
    assert "陸續終止" in officer.get("/agency/changes/").content.decode()
    (day,) = agencies.mass_changes(kind=listing_ends.KIND)
    page = officer.get(f"/agency/changes/{day.id}/").content.decode()
    assert "停用名單" in page
    assert "各人因不同原因終止" in page
    assert "整批復原" not in page
    assert "；上限" not in page
    listed = officer.get(f"/agency/changes/{day.id}/cancel/public-transport.csv")
    assert one.card in listed.content.decode()
    refused = officer.post(f"/agency/changes/{day.id}/decide/", {"do": "undo"})
    assert refused.status_code == 422
    assert "沒有整批可以復原" in refused.content.decode()


def test_from_when_rights_are_lost_stands_beside_how_many(town, operator, officer):
    ahead = clock.today() + dt.timedelta(days=10)
    uploaded(operator, file_of([change(town[118], "moved", ahead, city="65000")]), "ahead.csv")
    (found,) = agencies.mass_changes(kind="feed", limit=1)
    page = officer.get(f"/agency/changes/{found.id}/").content.decode()
    assert f"終止日 {wording.date_short(ahead)}" in page


def test_what_a_late_switch_off_costs_is_near_what_was_reported(officer):
    page = officer.get("/agency/changes/leak/").content.decode()
    assert "每年 10,870,000 元" in page
    assert "一年可能多付的金額" in page


@pytest.mark.browser
@looking.needs_browser[1]
def test_the_pages_are_accessible_and_fit(town, operator, officer):
    uploaded(operator, list_of(town[1::2], clock.today()))
    people.deliveries()
    (found,) = agencies.mass_changes(states=["waiting"])
    pages = {
        "changes": "/agency/changes/",
        "change": f"/agency/changes/{found.id}/",
        "people": f"/agency/changes/{found.id}/people/",
        "leak": "/agency/changes/leak/",
        "feeds": "/ops/feeds/",
    }
    with looking.served() as address, looking.browsing() as browser:
        windows = looking.Windows(browser, address)
        for size in ("phone", "desk"):
            for name, path in pages.items():
                shown = windows.at(path, officer, size=size)
                looking.picture(shown, f"mass-{name}-{size}")
                assert looking.faults(shown) == [], (name, size)
