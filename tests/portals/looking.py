"""Doors in a real browser: served from this process, looked at by axe and, when asked, in pictures.

`CITYCARD_SHOTS=/some/directory` keeps a screenshot of every page that is looked at.
"""

import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import Client

from citycard.infra.web.icons import PROJECT
from citycard.infra.web.texts import compile_catalogues
from tests.harness.patience import PATIENCE_S

AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SIZES = {"small": (320, 640), "phone": (390, 844), "tablet": (768, 1024), "desk": (1280, 900)}

needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (shutil.which(CHROMIUM) and AXE.is_file()), reason="no chromium, or npm ci has not run"
    ),
]


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served() -> Iterator[str]:
    """The whole house, served from this process."""
    compile_catalogues()
    server = make_server(
        "127.0.0.1", 0, _closing(StaticFilesHandler(WSGIHandler())), handler_class=_Silent
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _closing(app: Any) -> Any:
    """Give the thread's connection back after each request, so that the database can be dropped."""

    def answer(environ: Any, start_response: Any) -> Any:
        found = app(environ, start_response)
        try:
            return list(found)
        finally:
            found.close()
            connections.close_all()

    return answer


@contextmanager
def browsing() -> Iterator[Any]:
    """Debian's chromium. Playwright leaves a loop in the thread, which Django would take amiss."""
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()
        connections.close_all()  # those made while the loop ran are not the main thread's own
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def opened(browser: Any, address: str, who: Client | None, *, size: str, **cookies: str) -> Any:
    """A page in which `who` is signed in."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-TW", reduced_motion="reduce"
    )
    mine = {f"citycard_{name}": value for name, value in cookies.items()}
    if who is not None:
        mine["citycard"] = who.cookies["citycard"].value
    context.set_default_timeout(PATIENCE_S * 1000)
    context.add_cookies([{"name": k, "value": v, "url": address} for k, v in mine.items()])
    return context.new_page()


class Windows:
    """Windows that stay open from page to page, one for each reader, size and set of cookies.

    A page in a window that is already warm costs a quarter of one in a new window; for tests that
    only look. Whoever clicks or types has a window of their own (``opened``).
    """

    def __init__(self, browser: Any, address: str) -> None:
        self.browser, self.address = browser, address
        self.open: dict[Any, Any] = {}

    def at(self, path: str, who: Client | None, *, size: str, **cookies: str) -> Any:
        """Open a page in its reader's window."""
        key = (id(who), size, *sorted(cookies.items()))
        if key not in self.open:
            self.open[key] = opened(self.browser, self.address, who, size=size, **cookies)
        page = self.open[key]
        page.goto(f"{self.address}{path}")
        return page


def settled(page: Any) -> None:
    """Wait until the page that a click led to is whole: one just begun has no element at all."""
    page.wait_for_load_state("load")


def violations(page: Any) -> list[str]:
    """What axe finds. It need not describe what is as it should be: that is half of its time."""
    settled(page)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]})
            .then(found => found.violations.map(it => [it.id, it.nodes[0].html]))""",
        RULES,
    )
    return [f"{name}: {html[:200]}" for name, html in found]


def faults(page: Any) -> list[str]:
    """What axe finds, and whether anything runs off the side."""
    said = violations(page)
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    wide = page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter(it => it.getBoundingClientRect().right > innerWidth + 0.5
                          && !it.closest(".cc-table-wrap, .cc-figure__scroll, .cc-nav"))
            .map(it => it.outerHTML.slice(0, 120))"""
    )
    return said + ([f"runs {over} px off the side: {wide[:1]}"] if over > 0 else [])


def faulty(pages: Mapping[str, tuple[str, Client | None]]) -> dict[tuple[str, str], list[str]]:
    """Look at pages (each a path and its reader) on a phone and on a desk, and name what is wrong.

    A page has one main heading, and no other faults.
    """
    found = {}
    with served() as address, browsing() as browser:
        windows = Windows(browser, address)
        for size in ("phone", "desk"):
            for name, (path, who) in pages.items():
                page = windows.at(path, who, size=size)
                picture(page, f"{name}-{size}")
                headings = page.locator("h1").count()
                wrong = [] if headings == 1 else [f"has {headings} main headings"]
                found[name, size] = wrong + faults(page)
    return {place: wrong for place, wrong in found.items() if wrong}


def picture(page: Any, name: str) -> None:
    """Keep a screenshot where `CITYCARD_SHOTS` says, if it does."""
    directory = os.environ.get("CITYCARD_SHOTS")
    if directory:
        Path(directory).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{directory}/{name}.png", full_page=True)
