"""A city's theme: its one colour, its mark, its card art; from the pack, never from an `if`.

The pack's table `theme` gives `city` (and may give `points`, `mark`, `cards`, `card_colours`). The
shades for hovering, tints and the dark theme are worked out here, moved until they can be read
(contrast ≥ 4.5).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe

from . import colours

PAPER, SURFACE, DARK_PAPER, DARK_SURFACE = "#f6f5f2", "#ffffff", "#131619", "#1d2125"
INK = "#1b1f24"
DEFAULT_CITY = "#17565f"
DARK_POINTS = "#f0b95a"
NO_MARK = SafeString("")
Find = Callable[[str], Path]
_KIND = re.compile(r"^[a-z0-9_-]{1,40}$")
# The ground of a card's art: its gradient's stops, or the first rectangle's fill.
_ART_COLOUR = re.compile(r'(?:stop-color|<rect[^>]* fill)="(#[0-9a-fA-F]{6})"')
_NOT_IN_SVG = re.compile(r"<script|\son\w+\s*=|javascript:|<foreignObject", re.IGNORECASE)


class BadTheme(ValueError):
    """A theme names what a theme can't have."""


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Colours and drawings of one city."""

    city: str = DEFAULT_CITY
    points: str = ""
    mark: SafeString = NO_MARK
    card_art: Mapping[str, Path] = field(default_factory=dict)
    card_colours: Mapping[str, str] = field(default_factory=dict)

    def text_on(self, kind: str) -> str:
        """Return ink or white, whichever reads better on the colours of a card's art."""
        found = art_colours(self.card_art[kind])
        return max(
            (INK, SURFACE), key=lambda ink: min(colours.contrast(ink, c) for c in found or [INK])
        )

    @property
    def action(self) -> str:
        """Return the city's colour, darkened if it couldn't be read on paper."""
        tint = colours.mix(self.city, SURFACE, 0.89)
        return colours.readable(self.city, PAPER, SURFACE, tint, towards="#000000")


def art_colours(path: Path) -> list[str]:
    """Return the colours of the ground that a card's text stands on."""
    found: list[str] = _ART_COLOUR.findall(path.read_text("utf-8"))
    return found


def light_tokens(theme: Theme) -> dict[str, str]:
    """Return the theme's custom properties on light paper."""
    city = theme.action
    tokens = {
        "city": city,
        "city-strong": colours.mix(city, "#000000", 0.25),
        "city-soft": colours.mix(city, SURFACE, 0.89),
        "city-line": colours.mix(city, SURFACE, 0.62),
        "city-mid": colours.mix(city, SURFACE, 0.4),
        "on-city": "#ffffff",
        "card": colours.mix(city, "#000000", 0.12),
        "card-2": colours.readable(
            colours.mix(city, "#ffffff", 0.14), "#ffffff", towards="#000000"
        ),
    }
    if theme.points:
        tokens["points"] = colours.readable(theme.points, PAPER, SURFACE, towards="#000000")
    return tokens


def dark_tokens(theme: Theme) -> dict[str, str]:
    """Return the theme's custom properties on dark paper."""
    soft = colours.mix(theme.city, DARK_SURFACE, 0.72)
    city = colours.readable(
        colours.mix(theme.city, "#ffffff", 0.45), DARK_PAPER, DARK_SURFACE, soft, towards="#ffffff"
    )
    return {
        "city": city,
        "city-strong": colours.mix(city, "#ffffff", 0.35),
        "city-soft": soft,
        "city-line": colours.mix(city, DARK_SURFACE, 0.65),
        "city-mid": colours.mix(city, DARK_SURFACE, 0.4),
        "on-city": "#0d1416",
        "points": DARK_POINTS,
    }


def _block(selector: str, tokens: Mapping[str, str]) -> str:
    body = "".join(f"--cc-{name}:{value};" for name, value in tokens.items())
    return f"{selector}{{{body}}}"


def _card_rules(theme: Theme, art_url: str) -> list[str]:
    rules = []
    for kind, colour in theme.card_colours.items():
        dark = colours.readable(colour, "#ffffff", towards="#000000")
        light = colours.readable(colours.mix(dark, "#ffffff", 0.14), "#ffffff", towards="#000000")
        rules.append(_block(f'.cc-card[data-kind="{kind}"]', {"card": dark, "card-2": light}))
    for kind in theme.card_art:
        rules.append(
            f'.cc-card[data-kind="{kind}"]::before{{content:"";position:absolute;inset:0;z-index:-1;'
            f'background:url("{art_url}{kind}.svg") center/cover}}'
            f'.cc-card[data-kind="{kind}"] .cc-card__art{{display:none}}'
        )
        rules.append(_block(f'.cc-card[data-kind="{kind}"]', {"card-text": theme.text_on(kind)}))
    return rules


def stylesheet(theme: Theme, art_url: str = "/theme/card/") -> str:
    """Return the theme's stylesheet."""
    dark = dark_tokens(theme)
    return "\n".join(
        [
            _block(":root", light_tokens(theme)),
            _block('[data-theme="dark"]', dark),
            "@media (prefers-color-scheme: dark){" + _block('[data-theme="auto"]', dark) + "}",
            *_card_rules(theme, art_url),
        ]
    )


def safe_svg(text: str) -> SafeString:
    """Return an SVG drawing of a pack for inlining.

    :raises BadTheme: when it isn't an SVG, or carries a script.
    """
    start = text.find("<svg")
    if start < 0 or _NOT_IN_SVG.search(text):
        raise BadTheme("A mark is a plain SVG without scripts.")
    return mark_safe(text[start:])  # noqa: S308 - checked above; packs are installed by the operator


def theme_from(table: Mapping[str, object], find: Find | None) -> Theme:
    """Build a theme from a pack's table.

    :param find: where one of the pack's files lies
    :raises BadTheme: for a card kind that is no code; a bad colour raises BadColour.
    """
    city = str(table.get("city", DEFAULT_CITY))
    colours.parse(city)
    mark = table.get("mark")
    path = find(str(mark)) if find and mark else None
    return Theme(
        city=city,
        points=str(table.get("points", "") or ""),
        mark=safe_svg(path.read_text("utf-8")) if path and path.is_file() else SafeString(""),
        card_art=_files(table.get("cards"), find),
        card_colours=_colours(table.get("card_colours")),
    )


def _kinds(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    for kind in value:
        if not _KIND.match(str(kind)):
            raise BadTheme(f"{kind!r} is no code of a card kind.")
    return {str(kind): str(given) for kind, given in value.items()}


def _files(value: object, find: Find | None) -> dict[str, Path]:
    if find is None:
        return {}
    return {k: path for k, name in _kinds(value).items() if (path := find(name)).is_file()}


def _colours(value: object) -> dict[str, str]:
    found = _kinds(value)
    for colour in found.values():
        colours.parse(colour)
    return found
