"""A browser window of one size at one door: every page it looks at is judged and photographed."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citycard.infra.postgres.place import project_root
from tests.harness.live import LiveCity
from tests.harness.patience import PATIENCE_S
from tests.portals.looking import faults, settled

SHOTS = (project_root() or Path()) / "tests" / "browser" / "screenshots"


@dataclass(kw_only=True)
class Window:
    """One person's browser at one door."""

    city: LiveCity
    page: Any
    door: str
    wrong: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0

    def open(self, address: str) -> None:
        """Open an address of the doors (or a whole one)."""
        self.page.goto(address if "://" in address else self.city.doors + address)

    def look(self, name: str) -> None:
        """Judge the page with axe, keep its picture, note what is wrong."""
        self.count += 1
        settled(self.page)
        usual = self.page.viewport_size
        fits = self.door == "kiosk"  # a kiosk's screen is all there is
        whole = 0 if fits else self.page.evaluate("document.documentElement.scrollHeight")
        # as tall as the page: what a bar at the bottom covers for the moment is no fault
        self.page.set_viewport_size({**usual, "height": max(usual["height"], whole)})
        found = faults(self.page)
        if found:
            self.wrong[name] = found
        self.page.screenshot(path=str(SHOTS / f"{self.door}-{self.count:02d}-{name}.png"))
        self.page.set_viewport_size(usual)

    def click(self, words: str) -> None:
        """Click the button or link that says so."""
        button = self.page.get_by_role("button", name=words)
        (button if button.count() else self.page.get_by_role("link", name=words)).first.click()

    def be(self, persona: str) -> None:
        """Become a ready persona by its button."""
        staff = persona not in ("resident", "parent", "disabled")
        self.open("/staff/sign-in/" if staff else "/sign-in/")
        with self.page.expect_navigation():
            self.page.click(f'button[value="{persona}"]')

    def tab_to(self, chosen: str) -> None:
        """Press Tab until what is focused matches a selector."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("s => document.activeElement.matches(s)", chosen):
                return
        raise AssertionError(f"Tab never comes to {chosen}")

    def press(self, *keys: str) -> None:
        """Press keys."""
        for key in keys:
            self.page.keyboard.press(key)

    def wait_for(self, words: str, *, again: Callable[[], None] | None = None) -> None:
        """Wait until the page says so, opening it again now and then where it doesn't by itself."""
        for _ in range(int(PATIENCE_S * 4)):
            if words in self.page.inner_text("body"):
                return
            self.page.wait_for_timeout(250)
            if again is not None:
                again()
        raise AssertionError(f"never said {words}: {self.page.inner_text('body')[:600]}")


def begin_pictures() -> None:
    """Make an empty folder for the pictures of this run."""
    shutil.rmtree(SHOTS, ignore_errors=True)
    SHOTS.mkdir(parents=True)
