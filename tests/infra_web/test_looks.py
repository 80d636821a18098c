"""The style guide in a real browser: nothing runs off the side, axe finds nothing, keys work.

Pages of the doors themselves are looked at by the browser journeys; here every component is.
"""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from citycard.infra.web.style_guide import PAGES
from tests.harness.patience import PATIENCE_S
from tests.portals.looking import CHROMIUM, needs_browser, violations

SIZES = {"phone": (390, 844), "tablet": (768, 1024), "desk": (1280, 900), "kiosk": (1080, 1920)}

pytestmark = needs_browser


class Silent(WSGIRequestHandler):
    """Serve without a word on the console."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[WSGIServer]:
    """A server that stays, so that what a browser has fetched it need not fetch again."""
    found = make_server("127.0.0.1", 0, None, handler_class=Silent)
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


@pytest.fixture
def address(server: WSGIServer) -> Iterator[str]:
    """The style guide, served from this process."""
    with override_settings(DEBUG=True, ALLOWED_HOSTS=["127.0.0.1"]):
        server.set_app(StaticFilesHandler(WSGIHandler()))  # it reads the settings of the moment
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


def opened(browser: Any, address: str, page: str, size: str, **cookies: str) -> Any:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-TW", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    context.add_cookies(
        [{"name": f"citycard_{k}", "value": v, "url": address} for k, v in cookies.items()]
    )
    shown = context.new_page()
    shown.goto(f"{address}/style/{page}")
    return shown


@pytest.fixture(scope="module")
def windows() -> dict[Any, Any]:
    """Windows that stay open from page to page, by size and cookies: a warm one is quicker."""
    return {}


def looked_at(
    windows: dict[Any, Any], browser: Any, address: str, page: str, size: str, **cookies: str
) -> Any:
    key = (size, *cookies.items())
    if key not in windows:
        windows[key] = opened(browser, address, page, size, **cookies)
    else:
        windows[key].goto(f"{address}/style/{page}")
    return windows[key]


def size_of(page: str) -> list[str]:
    return ["kiosk"] if page.startswith("kiosk") else ["phone", "tablet", "desk"]


@pytest.mark.parametrize(("page", "size"), [(p, s) for p in PAGES for s in size_of(p)])
def test_a_page_is_accessible_and_fits(
    windows: dict[Any, Any], browser: Any, address: str, page: str, size: str
) -> None:
    shown = looked_at(windows, browser, address, page, size)
    assert violations(shown) == []
    assert shown.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("cookies", [{"color": "dark"}, {"text": "big"}, {"language": "en"}])
@pytest.mark.parametrize("page", ["resident", "home", "form"])
def test_so_is_it_in_the_dark_large_and_in_english(
    windows: dict[Any, Any], browser: Any, address: str, page: str, cookies: dict[str, str]
) -> None:
    shown = looked_at(windows, browser, address, page, "phone", **cookies)
    assert violations(shown) == []
    assert shown.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(("size", "cut"), [("desk", False), ("phone", True)])
def test_a_figure_cuts_a_name_only_where_there_is_no_room(
    browser: Any, address: str, size: str, cut: bool
) -> None:
    shown = opened(browser, address, "resident", size)
    names = shown.evaluate(
        """() => [...document.querySelectorAll(".cc-chart__line span")]
            .map(it => [it.scrollWidth > it.clientWidth, it.getBoundingClientRect().right
                        <= it.parentElement.querySelector("strong").getBoundingClientRect().x])"""
    )
    assert all(beside for _, beside in names)
    assert any(is_cut for is_cut, _ in names) == cut
    shown.context.close()


def test_what_is_pressed_is_large_enough(browser: Any, address: str) -> None:
    shown = opened(browser, address, "form", "phone")
    small = shown.evaluate(
        """() => [...document.querySelectorAll(
                "button, .cc-button, select, .cc-nav__item, main input:not([type=hidden])")]
            .map(it => it.closest("label") ?? it)
            .filter(it => it.checkVisibility() && it.getBoundingClientRect().height < 48)
            .map(it => it.outerHTML.slice(0, 120))"""
    )
    assert small == []
    shown.context.close()


def test_an_error_takes_the_focus_and_leads_to_its_field(browser: Any, address: str) -> None:
    shown = opened(browser, address, "form", "phone")
    shown.wait_for_selector(".cc-errors:focus")
    shown.get_by_role("link", name=re.compile("^出生日期")).click()
    shown.wait_for_selector("#id_born_on_year:focus")
    shown.context.close()


def test_the_counter_is_worked_by_keys(browser: Any, address: str) -> None:
    shown = opened(browser, address, "counter", "desk")
    shown.keyboard.press("/")
    shown.wait_for_selector("#q:focus")
    shown.keyboard.press("/")  # called for again, the empty box is just there
    assert shown.input_value("#q") == ""
    shown.keyboard.type("a/")  # while typing, a letter is a letter
    assert shown.input_value("#q") == "a/"
    shown.keyboard.press("F2")
    shown.wait_for_url("**#new")
    shown.context.close()


def test_a_dialog_opens_and_closes_by_keys(browser: Any, address: str) -> None:
    shown = opened(browser, address, "resident", "phone")
    shown.get_by_role("button", name="開啟對話框").press("Enter")
    assert shown.get_by_role("dialog", name="要掛失這張卡嗎？").is_visible()
    assert violations(shown) == []
    shown.keyboard.press("Escape")
    assert not shown.get_by_role("dialog").is_visible()
    shown.context.close()


def test_nothing_is_blocked_by_the_content_policy(
    browser: Any, address: str, tmp_path: Path
) -> None:
    context = browser.new_context()
    shown = context.new_page()
    said: list[str] = []
    shown.on("console", lambda message: said.append(message.text))
    shown.goto(f"{address}/style/resident", wait_until="networkidle")
    assert said == []
    assert shown.evaluate("typeof htmx") == "object"
    context.close()
