"""Fonts for card faces: found on the machine, and honest about what they can't draw."""

import functools

from PIL import ImageFont

from citycard.infra.fonts import font_files
from citycard.kernel.errors import Refused

Font = ImageFont.FreeTypeFont


class NoFont(Refused):
    """No font with Chinese characters was found; install fonts-noto-cjk or set CITYCARD_FONTS."""

    code = "issuing.no_font"


def draws(character: str, *, bold: bool = False) -> bool:
    """Tell whether any of the fonts has a character."""
    return _place_of(character, bold) is not None


def font_for(character: str, size_px: int, *, bold: bool = False) -> Font:
    """Return the first font that has a character; the main one when none has."""
    place = _place_of(character, bold)
    return _font(_files(bold)[place or 0], size_px)


def main_font(size_px: int, *, bold: bool = False) -> Font:
    """Return the font that most of a card is written in."""
    return _font(_files(bold)[0], size_px)


@functools.lru_cache(maxsize=8192)
def _place_of(character: str, bold: bool) -> int | None:
    if character.isspace():
        return 0
    for place, file in enumerate(_files(bold)):
        font = _font(file, 40)
        # a font draws everything that it hasn't as the same box
        if bytes(font.getmask(character)) != _box(file):
            return place
    return None


@functools.lru_cache(maxsize=16)
def _box(file: tuple[str, int]) -> bytes:
    return bytes(_font(file, 40).getmask("\U0010fffe"))


@functools.lru_cache(maxsize=64)
def _font(file: tuple[str, int], size_px: int) -> Font:
    return ImageFont.truetype(file[0], size_px, index=file[1])


@functools.lru_cache(maxsize=2)
def _files(bold: bool) -> tuple[tuple[str, int], ...]:
    found = font_files(bold=bold)
    if not found:
        raise NoFont()
    return found
