"""Fonts for card faces: found on the machine, and honest about what they can't draw."""

import functools
import os
from pathlib import Path

from PIL import ImageFont

from citycard.kernel.errors import Refused

# (regular, bold, index in a collection): the project's own first, then Debian's fonts-noto-cjk
_NODE = "node_modules/@expo-google-fonts/noto-sans-tc"
_SYSTEM = Path("/usr/share/fonts/opentype/noto")
_LATIN = Path("/usr/share/fonts/truetype/dejavu")
_TRADITIONAL = 3  # JP, KR, SC, TC, HK in the collections of fonts-noto-cjk

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
    found = [file for file in _candidates(bold) if Path(file[0]).is_file()]
    if not found:
        raise NoFont()
    return tuple(found)


def _candidates(bold: bool) -> list[tuple[str, int]]:
    weight = "Bold" if bold else "Regular"
    folder = os.environ.get("CITYCARD_FONTS", "")
    candidates = [(str(Path(folder) / f"NotoSansTC-{weight}.ttf"), 0)] if folder else []
    node = Path(__file__).resolve().parents[3] / _NODE
    number = "700Bold" if bold else "400Regular"
    candidates += [
        (str(node / number / f"NotoSansTC_{number}.ttf"), 0),
        (str(node / f"NotoSansTC_{number}.ttf"), 0),
        (str(_SYSTEM / f"NotoSansCJK-{weight}.ttc"), _TRADITIONAL),
        (str(_SYSTEM / f"NotoSerifCJK-{weight}.ttc"), _TRADITIONAL),
    ]
    # names written in Latin letters of other lands: Ł, ş, ư
    candidates += [(str(_LATIN / f"DejaVuSans{'-Bold' if bold else ''}.ttf"), 0)]
    return candidates
