"""Cards of the stories: their numbers, their bitmaps, and who else knows them."""

import base64
import re
from pathlib import Path

from citycard.adapters.printer.card_pdf import read_bitmap
from citycard.cards import api as cards
from citycard.infra import clock
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing.api import pixels
from citycard.kernel.actors import SYSTEM
from tests.harness.live import LiveCity
from tests.harness.visiting import Page

_HELD = """
SELECT c.kind, n.number FROM pub.bindings b JOIN pub.cards c ON c.card_id = b.card_id
JOIN pub.card_numbers n ON n.card_id = c.card_id AND n.number_kind = 'printed'
JOIN people_member m ON m.id = b.member_id
WHERE m.name = %s AND upper_inf(b.bound) ORDER BY b.card_id
"""
_SOME = """
SELECT n.number FROM pub.bindings b JOIN pub.cards c ON c.card_id = b.card_id
JOIN pub.card_numbers n ON n.card_id = c.card_id AND n.number_kind = 'printed'
JOIN pub.rights r ON r.member_id = b.member_id AND r.entitlement = 'points'
    AND r.valid @> now()::date
WHERE c.state = 'active' AND c.medium = %s AND upper_inf(b.bound) ORDER BY b.member_id LIMIT %s
"""


def shown_bitmap(page: Page | None) -> bytes:
    """Return the PNG that a page shows as the card's preview, empty when it shows none."""
    found = re.search(r'src="data:image/png;base64,([^"]+)"', page.html if page else "")
    return base64.b64decode(found[1]) if found else b""


def same_bitmap(png: bytes, printed: Path) -> bool:
    """Tell whether the demo printer's PDF holds exactly this bitmap, pixel by pixel."""
    return pixels(png=png) == read_bitmap(printed)


def numbers_of(city: LiveCity, name: str) -> list[tuple[str, str]]:
    """Return kind and printed number of each card that somebody of this name holds."""
    return [(kind, number) for kind, number in city.sql(_HELD, [name])]


def some_numbers(city: LiveCity, many: int, *, medium: str = "easycard") -> list[str]:
    """Return printed numbers of cards of residents who may collect points."""
    return [number for (number,) in city.sql(_SOME, [medium, many])]


def id_of(city: LiveCity, number: str) -> int:
    """Return the id of the card with a printed number."""
    found = "SELECT card_id FROM pub.card_numbers WHERE number = %s AND number_kind = 'printed'"
    return int(city.sql(found, [number])[0][0])


def member_of(city: LiveCity, name: str) -> int:
    """Return the id of the member of this name."""
    return int(city.sql("SELECT id FROM people_member WHERE name = %s", [name])[0][0])


def agency_sends_its_list(city: LiveCity, name: str, *, agency: str, number: str) -> None:
    """Take over an agency's own number of a member, as from a list that the agency sends."""
    with unit_of_work():
        cards.link_agency_numbers(
            agency=agency,
            links=[(member_of(city, name), number)],
            actor=SYSTEM,
            now=clock.now(),
        )
