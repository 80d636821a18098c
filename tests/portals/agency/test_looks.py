"""The agencies' door in a real browser, on a phone and on a desk."""

import pytest

from tests.portals import looking, seeding
from tests.portals.agency import town as towns

pytestmark = [*looking.needs_browser, pytest.mark.usefixtures("city")]


@pytest.fixture(scope="module")
def town(city):
    found = towns.build(city)
    seeding.reach(need="points", holders=2480, carded=1960)
    return found


@pytest.fixture(scope="module")
def address(town):
    with looking.served() as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with looking.browsing() as found:
        yield found


PAGES = {
    "home": "/agency/",
    "campaigns": "/agency/campaigns/",
    "campaign": "/agency/campaigns/{campaign}/",
    "new": "/agency/campaigns/new/",
    "new-1": "/agency/campaigns/new/1/",
    "new-2": "/agency/campaigns/new/2/",
    "new-3": "/agency/campaigns/new/3/",
    "figures": "/agency/figures/",
    "comparison": "/agency/figures/comparison/?category=all/leisure/sports",
    "city": "/agency/figures/city/?at=all/leisure/sports",
    "devices": "/agency/devices/",
    "statement": "/agency/statement/",
}


@pytest.fixture(scope="module")
def windows(address, browser):
    return looking.Windows(browser, address)


@pytest.fixture(scope="module")
def organiser(town):
    return seeding.signed_in("organiser", "sports", ["organiser", "finance"])


@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits(town, windows, organiser, name, size):
    page = windows.at(PAGES[name].format(campaign=town.campaign.id), organiser, size=size)
    looking.picture(page, f"agency-{name}-{size}")
    assert looking.faults(page) == []


def test_on_a_phone_the_row_of_functions_begins_in_view_of_the_open_one(windows, organiser):
    page = windows.at("/agency/devices/", organiser, size="phone")
    row, here = page.locator(".cc-nav"), page.locator(".cc-nav [aria-current]")
    assert row.evaluate("it => it.scrollWidth > it.clientWidth")
    box = here.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_services_funnel_begins_with_who_may_use_it(town, windows, organiser, size):
    page = windows.at("/agency/figures/?agency=sports-daan", organiser, size=size)
    funnel = page.locator("figure", has_text="從資格到常客")
    assert "2,480 人" in funnel.inner_text()
    assert "79.0%" in funnel.inner_text()
    looking.picture(page, f"agency-funnel-{size}")
    assert looking.faults(page) == []


def test_an_activity_is_set_up_by_keyboard_and_the_preview_follows(town, address, browser):
    organiser = seeding.signed_in("organiser", "sports", ["organiser", "finance"])
    page = looking.opened(browser, address, organiser, size="desk")
    page.goto(f"{address}/agency/campaigns/new/")
    page.get_by_label("從空白開始").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="開始").press("Enter")
    page.get_by_label("活動名稱（中文）").fill("河濱健走")
    page.locator("#seen").get_by_text("河濱健走").wait_for()
    page.get_by_label("活動名稱（英文）").fill("Riverside walks")
    page.get_by_label("活動代碼").fill("riverside-2027")
    for name, day in (("starts_on", ("116", "1", "1")), ("ends_on", ("116", "3", "31"))):
        for part, value in zip(("year", "month", "day"), day, strict=True):
            page.locator(f"[name={name}_{part}]").fill(value)
    page.get_by_role("button", name="下一步").press("Enter")
    for label, value in (("每次刷卡給幾點", "10"), ("每人活動期間上限（點）", "100")):
        page.get_by_label(label).fill(value)
    page.get_by_label("預算（點）").fill("50000")
    page.locator("#seen").get_by_text("刷 10 次就集滿").wait_for()
    looking.picture(page, "agency-new-2-filled-desk")
    assert looking.faults(page) == []
    page.get_by_role("button", name="下一步").press("Enter")
    page.get_by_role("button", name="下一步").press("Enter")
    page.get_by_role("button", name="建立活動").press("Enter")
    page.get_by_text("這個活動還沒開放").wait_for()
    page.get_by_role("button", name="開放活動").press("Enter")
    page.get_by_role("status").get_by_text("活動已開放").wait_for()
    page.context.close()


def test_english_and_large_text_fit_a_phone(town, address, browser):
    organiser = seeding.signed_in("organiser", "sports", ["organiser", "finance"])
    for cookies in ({"language": "en"}, {"text": "big"}):
        page = looking.opened(browser, address, organiser, size="phone", **cookies)
        for name in ("home", "campaign", "figures", "devices"):
            page.goto(address + PAGES[name].format(campaign=town.campaign.id))
            looking.picture(page, f"agency-{name}-phone-{''.join(cookies.values())}")
            assert looking.faults(page) == [], (name, cookies)
        page.context.close()
