"""The resident's points and hours in a real browser: phone, tablet, desk; English, dark, big."""

import pytest

from citycard.ledger import api as ledger
from tests.portals import looking, purse

pytestmark = [*looking.needs_browser, pytest.mark.usefixtures("city")]
HOURS = "volunteer-minutes"


@pytest.fixture(scope="module")
def full(city):
    return purse.build(city)


@pytest.fixture(scope="module")
def address(full):
    with looking.served() as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with looking.browsing() as found:
        yield found


@pytest.fixture(scope="module")
def pages(full):
    """Every page of this part of the door, by name."""
    award = next(
        entry
        for entry in ledger.history(holder=full.rich, unit=full.points, limit=99, access=None)
        if entry.ref.startswith("campaign:")
    )
    return {
        "home": "/",
        "overview": "/points/",
        "points": f"/points/{full.points}/",
        "hours-unit": f"/points/{HOURS}/",
        "why": f"/points/{full.points}/entries/{award.key}/",
        "exchange": f"/points/{HOURS}/exchange/hours-to-points/",
        "exchange-wrong": f"/points/{HOURS}/exchange/hours-to-points/?amount=99",
        "exchange-check": f"/points/{HOURS}/exchange/hours-to-points/?amount=3",
        "shifts": "/hours/",
        "shift": "/hours/1/",
        "give": "/hours/give/",
    }


NAMES = [
    "home", "overview", "points", "hours-unit", "why", "exchange", "exchange-wrong",
    "exchange-check", "shifts", "shift", "give",
]  # fmt: skip


@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
def test_pages_are_accessible_and_fit(full, address, browser, pages, size):
    page = looking.opened(browser, address, purse.resident(full.rich), size=size)
    wrong = {}
    for name in NAMES:
        page.goto(address + pages[name])
        looking.picture(page, f"resident-{name}-{size}")
        if found := looking.faults(page):
            wrong[name] = found
    page.context.close()
    assert wrong == {}


def test_the_smallest_phone_needs_no_scrolling_sideways(full, address, browser, pages):
    page = looking.opened(browser, address, purse.resident(full.rich), size="small")
    wrong = {}
    for path in ("/", pages["points"], "/rides/", "/figures/"):
        page.goto(address + path)
        looking.picture(page, f"resident-small-{path.strip('/').replace('/', '-')}")
        if found := looking.faults(page):
            wrong[path] = found
    name = page.locator(".cc-brand").inner_text()
    page.context.close()
    assert wrong == {}
    assert name.strip(), "the mark stands for the name, and is still read out by it"


def test_with_nothing_at_all(full, address, browser, pages):
    page = looking.opened(browser, address, purse.resident(full.poor), size="phone")
    wrong = {}
    for name in ("overview", "points", "exchange", "shifts", "give"):
        page.goto(address + pages[name])
        looking.picture(page, f"resident-{name}-phone-empty")
        if found := looking.faults(page):
            wrong[name] = found
    page.context.close()
    assert wrong == {}


@pytest.mark.parametrize("cookies", [{"language": "en"}, {"color": "dark"}, {"text": "big"}])
def test_english_dark_and_large_text(full, address, browser, pages, cookies):
    page = looking.opened(browser, address, purse.resident(full.rich), size="phone", **cookies)
    wrong = {}
    for name in ("overview", "points", "hours-unit", "why", "exchange-check", "shifts", "shift"):
        page.goto(address + pages[name])
        looking.picture(page, f"resident-{name}-phone-{''.join(cookies.values())}")
        if found := looking.faults(page):
            wrong[name] = found
    page.context.close()
    assert wrong == {}
