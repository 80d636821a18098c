"""The operators' door in a real browser, on a phone and on a desk."""

import datetime as dt

import pytest

from citycard.attendance import api as attendance
from citycard.infra import outbox
from citycard.infra.clock import now
from citycard.infra.database import execute
from citycard.infra.postgres.shelf import Done
from citycard.infra.unit_of_work import unit_of_work
from citycard.portals.ops import watching
from tests.portals import looking, seeding
from tests.portals.agency import town as towns

pytestmark = [*looking.needs_browser, pytest.mark.usefixtures("city")]


@pytest.fixture(scope="module")
def town(city):
    found = towns.build(city)
    with unit_of_work():
        letters = [(f"message:{n}", n) for n in range(901, 905)]
        outbox.enqueue(topic="notify.email", letters=letters, now=now())
        execute("UPDATE infra_outbox SET state = 'failed', why = 'mailbox_full' WHERE ref < 904")
        execute(
            "UPDATE infra_cursor SET stopped_at = now(), stopped_on = 7,"
            " stopped_why = 'ValueError counting.py:41' WHERE subscriber = 'insight.usage'"
        )
        outbox.enqueue(topic="card-company", letters=[("name:1", 1)], now=now())
        execute(
            "UPDATE infra_outbox SET unanswered = 3, why = 'card company: time-out'"
            " WHERE topic = 'card-company'"
        )
    return found


NOTICES = [
    attendance.Promptness(
        agency="sports", service="school-attendance", told=1284, late=3, waiting=1,
        slowest_seconds=412.4, set_seconds=60,
    ),
    attendance.Promptness(
        agency="education", service="school-attendance", told=48_210, late=0, waiting=0,
        slowest_seconds=21.3, set_seconds=60,
    ),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def own_server():
    """The page of a city on our own server, with a backup and a drill, and pupils at gates."""
    drill = Done(at=now() - dt.timedelta(days=2), to=None, backup="x")
    saved = watching.Saved(newest_at=now() - dt.timedelta(hours=3), drill=drill, is_demo=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "_saved", lambda: saved)
        patch.setattr(attendance, "promptness", lambda **_: NOTICES)
        yield


@pytest.fixture(scope="module")
def address(town):
    with looking.served() as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with looking.browsing() as found:
        yield found


PAGES = {
    "home": "/ops/",
    "letters": "/ops/letters/",
    "names": "/ops/names/",
    "staff": "/ops/staff/",
    "staff-oneself": "/ops/staff/1/",
    "staff-other": "/ops/staff/2/",
    "staff-add": "/ops/staff/add/",
    "staff-renew": "/ops/staff/2/renew/",
    "readers": "/ops/readers/",
    "redemptions": "/ops/redemptions/",
    "proofs": "/ops/proofs/",
    "figures": "/ops/figures/",
    "figures-below": "/ops/figures/?at=all/activities/activity",
}


@pytest.fixture(scope="module")
def windows(address, browser):
    return looking.Windows(browser, address)


@pytest.fixture(scope="module")
def operator(town):
    operator = seeding.signed_in("operator", "doit", ["operator", "officer"])
    seeding.signed_in("huang-mei", "office-zhongzheng", ["clerk", "reviewer"])
    return operator


@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits(town, windows, operator, name, size):
    page = windows.at(PAGES[name], operator, size=size)
    looking.picture(page, f"ops-{name}-{size}")
    assert looking.faults(page) == []


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_what_is_well_is_folded_away_and_opens(town, windows, operator, size):
    page = windows.at("/ops/", operator, size=size)
    well = page.get_by_text("cards.hotlist")
    assert not well.is_visible()
    assert page.get_by_text("insight.usage").is_visible()
    for folded in page.locator("details.cc-why summary").all():
        folded.click()
    assert well.is_visible()
    assert page.get_by_role("button", name="使中斷").first.is_visible()
    looking.picture(page, f"ops-home-open-{size}")
    assert looking.faults(page) == []


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_what_somebody_signs_in_by_is_shown_and_fits(town, windows, operator, size):
    page = windows.at(PAGES["staff-renew"], operator, size=size)
    page.get_by_role("button", name="重設並顯示登入資料").click()
    page.get_by_role("heading", name="huang-mei 的登入資料").wait_for()
    looking.picture(page, f"ops-staff-secrets-{size}")
    assert looking.faults(page) == []
