"""The marks that figures are drawn with: numbers in words, bars, the SVG around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .wording import number

Value = int | float | None
ROW = 52
BAR = 16
PLOT = 180
PHONE = 310  # a figure's width on a phone of 390 px, less a gap between name and value
_ids = count(1)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A drawing with the numbers behind it."""

    title: str
    drawing: SafeString
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    about: str = ""
    csv_url: str = ""
    note: str = ""


def shown(value: Value, unit: str = "") -> str:
    """Write a value with its unit; a hidden one by a word."""
    if value is None:
        return _("人數太少，不顯示")
    return f"{number(value)} {unit}".strip()


def svg(title: str, about: str, height: int, body: SafeString) -> SafeString:
    n = next(_ids)
    return format_html(
        '<svg class="cc-chart" width="100%" height="{h}" role="img"'
        ' aria-labelledby="cc-c{n}t cc-c{n}d">'
        '<title id="cc-c{n}t">{t}</title><desc id="cc-c{n}d">{d}</desc>{body}</svg>',
        h=height,
        n=n,
        t=title,
        d=about or title,
        body=body,
    )


def fitting(name: str, room: int) -> str:
    """Shorten a name to the pixels there are on a phone; the table has it in full."""
    width = 0
    for place, letter in enumerate(name):
        width += 15 if ord(letter) > 0x2E7F else 8
        if width > room and len(name) > place:
            return name[: max(1, place - 1)] + "…"
    return name


def wide(text: str) -> int:
    return sum(15 if ord(letter) > 0x2E7F else 9 for letter in text)


def percent(value: float, whole: float) -> str:
    return f"{100 * value / whole:.3f}%" if whole else "0%"


def bar(start: float, value: Value, whole: float, y: int, style: str) -> SafeString:
    if value is None:
        return SafeString("")
    # A value that exists is seen: never thinner than two pixels.
    ghost = SafeString(f'<rect class="bar {style}" x="{percent(start, whole)}" y="{y}" '
                       f'width="2" height="{BAR}"/>') if value else SafeString("")  # fmt: skip
    return ghost + format_html(
        '<rect class="bar {}" x="{}" y="{}" width="{}" height="{}" rx="2"/>',
        style,
        percent(start, whole),
        y,
        percent(value, whole),
        BAR,
    )


def join(parts: Sequence[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def told(items: Sequence[tuple[str, Value]], unit: str) -> str:
    return "；".join(f"{name} {shown(value, unit)}" for name, value in items[:8])
