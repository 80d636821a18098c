"""Colour arithmetic for themes: contrast by WCAG 2.2, lighter and darker shades, tints."""

import re

_HEX = re.compile(r"^#[0-9a-fA-F]{6}$")
RGB = tuple[int, int, int]
AA_TEXT = 4.5


class BadColour(ValueError):
    """A colour is not written as #rrggbb."""


def parse(text: str) -> RGB:
    """Read `#rrggbb`.

    :raises BadColour: for anything else, so that nothing but a colour reaches a stylesheet.
    """
    if not _HEX.match(text):
        raise BadColour(f"{text!r} is no colour; write #rrggbb.")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def text(colour: RGB) -> str:
    """Write a colour as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def mix(one: str, other: str, share: float) -> str:
    """Mix two colours; share 0 is the first, 1 the second."""
    a, b = parse(one), parse(other)
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return text((red, green, blue))


def luminance(colour: str) -> float:
    """Return the relative luminance, 0 to 1 (WCAG 2.2)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (value / 255 for value in parse(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(colour: str, *papers: str, towards: str, least: float = AA_TEXT) -> str:
    """Move a colour towards black or white until it can be read on every paper."""
    for step in range(21):
        moved = mix(colour, towards, step / 20)
        if all(contrast(moved, paper) >= least for paper in papers):
            return moved
    return towards
