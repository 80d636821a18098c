"""The counter in a real browser: axe finds nothing, nothing runs off, keys alone do the work."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.harness.cities import City
from tests.portals import counter_desk as desk
from tests.portals.looking import browsing, faults, needs_browser, opened, picture, served

pytestmark = needs_browser

SIZES = ("phone", "tablet", "desk")


class Cases:
    """A morning at the counter."""

    def __init__(self, city: City, clerk: Client) -> None:
        self.draft = desk.begin(clerk, "senior-rides", "health-service")
        clerk.post(self.draft, desk.senior("歐陽王林美玉") | {"phone": ""})
        clerk.post(f"{self.draft}papers/", {"photo": desk.upload()})
        self.empty = desk.begin(clerk)
        self.supplement = desk.apply(clerk, desk.senior("蔡陳美玲"), "senior-rides")
        self.printed = desk.apply(clerk, desk.senior("陳秀英"), "senior-rides", "general")
        self.ready = desk.apply(clerk, desk.senior("林志明"))
        self.queued = desk.apply(clerk, desk.senior("黃建宏"))
        self.handed = desk.apply(clerk, desk.senior("尤瑪達陸瓦旦諾幹"))
        city.settle()
        desk.ask_for(self.supplement, "identity-card", "household-transcript")
        for ref in (self.printed, self.ready, self.queued, self.handed):
            desk.approve(ref)
        desk.approve(self.printed, "general", "doit")
        for ref in (self.printed, self.ready, self.handed):
            clerk.post(f"{print_page(ref)}draw/")
        for ref in (self.printed, self.handed):
            desk.send(clerk, print_page(ref))
        city.settle()
        clerk.post(f"{print_page(self.handed)}hand-over/")
        self.checking = desk.apply(clerk, desk.senior("吳淑芬"))
        case = clerk.get(f"/counter/cases/{self.handed}/").content.decode()
        self.person = desk.handle_in(case)
        cards = re.findall(
            r'"(/counter/people/[^"/]+/cards/[0-9a-f-]+/)"', page_of(clerk, self.person)
        )
        self.card = cards[0]

    def pages(self) -> dict[str, str]:
        return {
            "home": "/counter/",
            "found": "search:陳",
            "nobody": "search:Ⓧ",
            "person": self.person,
            "bind": f"{self.person}bind/",
            "contact": f"{self.person}contact/",
            "number": f"{self.person}number/",
            "card": self.card,
            "card-lost": f"{self.card}lost/",
            "new": "/counter/new/",
            "form": self.draft,
            "form-empty": self.empty,
            "papers": f"{self.draft}papers/",
            "check": f"{self.draft}check/",
            "case-checking": f"/counter/cases/{self.checking}/",
            "case-supplement": f"/counter/cases/{self.supplement}/",
            "case-printed": f"/counter/cases/{self.printed}/",
            "print-queued": print_page(self.queued),
            "print-ready": print_page(self.ready),
            "print-printed": print_page(self.printed),
            "crop": f"{print_page(self.ready)}crop/",
            "stock": "/counter/stock/",
            "refused": "/counter/cases/A-0000-0000-X/",
        }


def page_of(clerk: Client, address: str) -> str:
    return clerk.get(address).content.decode()


def go(page: Any, address: str, path: str) -> None:
    """Open a page; what is searched for is typed, since no address may hold it."""
    if not path.startswith("search:"):
        page.goto(f"{address}{path}")
        return
    page.goto(f"{address}/counter/")
    page.fill("#q", path.removeprefix("search:"))
    page.press("#q", "Enter")
    page.wait_for_url("**/search/")
    page.wait_for_load_state("networkidle")


def print_page(ref: str) -> str:
    return f"/counter/prints/{desk.print_of(ref).print_id}/"


@pytest.fixture(scope="module")
def clerk(city: City) -> Client:
    desk.open_city()
    desk.blanks(18)
    return desk.clerk_at()


@pytest.fixture(scope="module")
def cases(city: City, clerk: Client) -> Cases:
    return Cases(city, clerk)


@pytest.fixture(scope="module")
def address(cases: Cases) -> Iterator[str]:
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Any]:
    with browsing() as found:
        yield found


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_accessible_and_fits(
    browser: Any, address: str, clerk: Client, cases: Cases, size: str
) -> None:
    page = opened(browser, address, clerk, size=size)
    found = {}
    for name, path in cases.pages().items():
        go(page, address, path)
        picture(page, f"counter-{name}-{size}")
        found[name] = faults(page)
    assert {name: them for name, them in found.items() if them} == {}
    page.context.close()


def test_so_is_it_in_english(browser: Any, address: str, clerk: Client, cases: Cases) -> None:
    page = opened(browser, address, clerk, size="desk", language="en")
    for name in ("home", "person", "card", "form", "case-supplement", "print-printed", "stock"):
        page.goto(f"{address}{cases.pages()[name]}")
        picture(page, f"counter-{name}-english")
        assert faults(page) == [], name
    bar = page.evaluate("document.querySelector('.cc-bar').offsetHeight")
    assert bar < 72, "the bar above the work stands on one line"
    page.context.close()


def test_what_is_missing_takes_the_focus(
    browser: Any, address: str, clerk: Client, cases: Cases
) -> None:
    page = opened(browser, address, clerk, size="desk")
    page.goto(f"{address}{cases.empty}")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".cc-errors:focus")
    picture(page, "counter-form-errors-desk")
    assert faults(page) == []
    page.context.close()


def test_keys_alone_lead_from_the_search_to_the_hand_over(
    browser: Any, address: str, clerk: Client, cases: Cases, city: City
) -> None:
    page = opened(browser, address, clerk, size="desk")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{address}/counter/")
    page.wait_for_selector("#q:focus")
    page.keyboard.press("/")  # from habit; the box has the focus already
    page.evaluate("document.body.dataset.sameFrame = '1'")  # gone when the page is loaded anew
    page.keyboard.type("黃建宏")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/**")
    page.wait_for_selector(".cc-list__item:focus")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/**")
    page.wait_for_selector("h1:has-text('黃建宏')")
    page.wait_for_selector("[data-cc-focus]:focus")  # a key before that would go nowhere
    page.keyboard.press("Escape")
    line = page.locator(".cc-queue__item", has_text=cases.queued)
    page.keyboard.press(line.get_attribute("data-cc-key"))
    page.wait_for_url("**/prints/**")
    page.wait_for_selector("text=還沒有卡面")
    page.wait_for_selector("[form=draw]:focus")
    page.keyboard.press("Enter")  # the obvious step: the preview
    page.wait_for_selector(".counter-bitmap img")
    page.wait_for_selector("[form=send]:focus")
    page.keyboard.press("F4")  # prints what is seen
    page.wait_for_selector("text=印卡機工作中")
    city.settle()
    page.wait_for_selector("text=交付前請核對本人證件")  # by itself
    page.wait_for_selector("[form=hand-over]:focus")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=卡片已交付，可以服務下一位。")
    picture(page, "counter-handed-over-desk")
    assert page.evaluate("document.body.dataset.sameFrame") == "1"
    assert said == []
    page.context.close()


def test_services_are_ticked_by_number_and_the_form_is_taken_by_keys(
    browser: Any, address: str, clerk: Client, cases: Cases
) -> None:
    page = opened(browser, address, clerk, size="desk")
    page.goto(f"{address}/counter/")
    page.keyboard.press("F2")
    page.wait_for_url("**/new/**")
    page.wait_for_selector("[data-counter-tick='1']")
    page.wait_for_selector("[data-cc-focus]:focus")
    page.keyboard.press("1")
    assert page.locator("[data-counter-tick='1']").is_checked()
    page.keyboard.press("Enter")
    page.wait_for_url("**/drafts/**")
    page.wait_for_selector("#id_name:focus")
    page.keyboard.type("鄭麗君")
    assert not page.locator("#id_applicant_name").is_visible()
    page.keyboard.press("Control+s")
    page.wait_for_url("**/counter/")
    page.context.close()


def test_the_cut_box_moves_by_arrows(
    browser: Any, address: str, clerk: Client, cases: Cases
) -> None:
    page = opened(browser, address, clerk, size="desk")
    page.goto(f"{address}{print_page(cases.ready)}crop/")
    before = page.locator(".counter-cut__box").get_attribute("width")
    page.keyboard.press("-")
    page.keyboard.press("ArrowUp")
    after = page.locator(".counter-cut__box").get_attribute("width")
    assert int(after) < int(before)
    page.keyboard.press("Enter")
    page.wait_for_url("**/prints/*/")
    page.wait_for_selector(".counter-bitmap img")
    page.context.close()
