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
LINE = 24  # the height of a line of words above its bar
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


def line(y: int, name: str, value: str, *, share: str = "", level: int | None = None) -> SafeString:
    """Write a name with its value at the end of the line; the browser alone shortens a name, and
    only where there is no room for it.

    :param level: how deep in a tree; None: in no tree
    """
    return format_html(
        '<foreignObject x="0" y="{}" width="100%" height="{}">'
        '<div class="cc-chart__line{}"><span>{}</span>{}<strong>{}</strong></div>'
        "</foreignObject>",
        y,
        LINE,
        "" if level is None else f" cc-chart__line--{min(level, 3)}",
        name,
        format_html("<small>{}</small>", share) if share else "",
        value,
    )


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
