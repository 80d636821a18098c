"""What a clerk does with a card: find the case, look at the bitmap, print it, hand it over."""

import re

from tests.harness.live import LiveCity
from tests.harness.patience import wait_until
from tests.harness.visiting import Page, Visitor
from tests.journeys import cards


def find(clerk: Visitor, text: str) -> Page:
    """Search at the counter."""
    page = clerk.open("/counter/")
    return clerk.submit(page.form("q"), q=text)


def print_and_hand_over(city: LiveCity, clerk: Visitor, ref: str) -> None:
    """Print exactly what was seen, and hand the card over."""
    case = find(clerk, ref)
    prints = [to for _, to in case.links if re.fullmatch(r"/counter/prints/\d+/", to)]
    page = clerk.open(prints[-1])  # those before it stand in the queue beside the case
    clerk.fill(action="/draw/")
    shown = wait_until(lambda: cards.shown_bitmap(clerk.open(page.path)))
    before = set(city.printed())
    clerk.fill("sha256", action="/send/")
    (new,) = wait_until(lambda: set(city.printed()) - before)
    assert cards.same_bitmap(shown, city.printed()[new])
    wait_until(lambda: "hand-over" in clerk.open(page.path).html)
    handed = clerk.fill(action="/hand-over/")
    assert "卡片已交付" in handed
