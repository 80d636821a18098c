"""The organiser's pages of volunteers' hours in a real browser, on a phone and on a desk."""

import pytest

from tests.portals import looking, purse, seeding

pytestmark = [*looking.needs_browser, pytest.mark.usefixtures("city")]
PAGES = {
    "volunteers": "/agency/volunteers/",
    "volunteers-all": "/agency/volunteers/?show=all",
    "volunteer-shift": "/agency/volunteers/1/",
    "volunteer-new": "/agency/volunteers/new/",
}


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


@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
def test_pages_are_accessible_and_fit(full, address, browser, size):
    organiser = seeding.signed_in("welfare", "social-welfare", ["organiser"])
    page = looking.opened(browser, address, organiser, size=size)
    wrong = {}
    for name, where in PAGES.items():
        page.goto(address + where)
        looking.picture(page, f"agency-{name}-{size}")
        if found := looking.faults(page):
            wrong[name] = found
    page.context.close()
    assert wrong == {}
