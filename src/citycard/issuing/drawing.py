"""Draw a card's face: one bitmap, which the preview shows and the printer prints.

Pure but for the pack's art and the fonts: the same face always gives the same bytes.
"""

import functools
import io
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageOps

from citycard.infra.packs import Pack, current_pack
from citycard.issuing import fonts
from citycard.issuing.values import CardFace

WIDTH_PX, HEIGHT_PX, DOTS_AN_INCH = 1011, 638, 300
"""CR80 (85.60 × 53.98 mm) at 300 dots an inch."""

_MM = DOTS_AN_INCH / 25.4
_PT = DOTS_AN_INCH / 72
_MARGIN_MM = 5.0
_SMALLEST = 0.6
"""A long name is made smaller down to this share of its size, then it takes two lines."""

_FIELDS_IN_FULL = {"name"}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A finished face.

    :ivar missing_glyphs: characters that no font has; they are drawn as their code in a frame
    """

    png: bytes
    missing_glyphs: tuple[str, ...]
    template: str


@dataclass(frozen=True)
class _Line:
    """A field of a template, in pixels."""

    field: str
    x: float
    baseline: float
    size: float
    bold: bool
    right: float


def draw(*, face: CardFace) -> Drawn:
    """Draw a face on its template, or on the one that the pack gives its card kind."""
    pack = current_pack()
    cards = pack.table("cards")
    named = face.template or str(cards["kinds"][face.card_kind]["template"])
    template = cards["templates"][named]
    layer, lacking = _layer(str(pack.directory), pack.hash, face.card_kind, named)
    card, missing = layer.copy(), list(lacking)
    _paste_photo(card, face.photo, template.get("photo"))
    missing += _write_lines(card, template, _texts(face))
    return Drawn(
        png=_png(card),
        missing_glyphs=tuple(dict.fromkeys(missing)),
        template=f"{named}@{pack.hash[:12]}",
    )


@functools.lru_cache(maxsize=64)
def _layer(
    _directory: str, _pack_hash: str, card_kind: str, template: str
) -> tuple[Image.Image, tuple[str, ...]]:
    """Draw what all cards of a kind and artwork have alike; anew when the pack is another."""
    pack = current_pack()
    cards = pack.table("cards")
    kind = cards["kinds"][card_kind]
    texts = {"programme": pack.programme.zh, "kind": str(kind["name"]["zh-Hant"])}
    card = _background(pack, template).copy()
    missing = _write_lines(card, cards["templates"][template], texts)
    return card, tuple(missing)


def _write_lines(
    card: Image.Image, template: Mapping[str, Any], texts: Mapping[str, str]
) -> list[str]:
    """Write what there is for the template's fields; return the characters that no font has."""
    pen = ImageDraw.Draw(card)
    ink = str(template.get("ink", "#1b1f24"))
    missing: list[str] = []
    for line in _lines(template):
        if texts.get(line.field):
            missing += _write(pen, line, texts[line.field], ink)
    return missing


def _texts(face: CardFace) -> dict[str, str]:
    until = face.valid_until
    return {
        "name": face.name,
        "number": " ".join(_groups(face.number)),
        "valid_until": f"有效期限 {until:%Y/%m/%d}" if until else "",
    }


def _groups(number: str) -> list[str]:
    if len(number) != 16 or not number.isdigit():
        return [number] if number else []
    return [number[at : at + 4] for at in range(0, 16, 4)]


def _lines(template: Mapping[str, Any]) -> list[_Line]:
    photo = template.get("photo")
    lines = []
    for row in template["fields"]:
        right_mm = WIDTH_PX / _MM - _MARGIN_MM
        if photo and photo["y"] - 2 < row["y"] < photo["y"] + photo["h"] + 6:
            right_mm = photo["x"] - 2
        lines.append(
            _Line(
                field=row["field"],
                x=row["x"] * _MM,
                baseline=row["y"] * _MM,
                size=row["size_pt"] * _PT,
                bold=row.get("weight") == "bold",
                right=right_mm * _MM,
            )
        )
    return lines


def _write(pen: ImageDraw.ImageDraw, line: _Line, text: str, ink: str) -> list[str]:
    room = line.right - line.x
    size, rows = _fitted(text, line, room)
    baseline = line.baseline - (len(rows) - 1) * size * 1.25
    missing: list[str] = []
    for row in rows:
        missing += _write_row(pen, (line.x, baseline), row, int(size), line.bold, ink)
        baseline += size * 1.25
    return missing


def _fitted(text: str, line: _Line, room: float) -> tuple[float, list[str]]:
    """Return the size and the rows in which a text fits its room: smaller first, then two rows."""
    width = _width(text, round(line.size), line.bold)
    if width <= room:
        return line.size, [text]
    if room / width >= _SMALLEST or line.field not in _FIELDS_IN_FULL:
        return line.size * room / width, [text]
    rows = _halves(text, round(line.size), line.bold)
    widest = max(_width(row, round(line.size), line.bold) for row in rows)
    return line.size * min(0.8, room / widest), rows


def _halves(text: str, size: int, bold: bool) -> list[str]:
    """Cut a text in two rows as equal as can be: at a blank where it has any, else anywhere."""
    places = [at for at, char in enumerate(text) if char in " 　·．・‧"] or list(
        range(1, len(text))
    )

    def unevenness(at: int) -> float:
        return abs(_width(text[:at], size, bold) - _width(text[at:], size, bold))

    at = min(places, key=unevenness)
    return [text[:at].strip(), text[at:].strip()]


def _width(text: str, size: int, bold: bool) -> float:
    return sum(_advance(char, size, bold) for char in text)


@functools.lru_cache(maxsize=8192)
def _advance(char: str, size: int, bold: bool) -> float:
    if not fonts.draws(char, bold=bold):
        return float(size)
    return float(fonts.font_for(char, size, bold=bold).getlength(char))


def _write_row(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    bold: bool,
    ink: str,
) -> list[str]:
    x, baseline = at
    missing = []
    for char in text:
        if fonts.draws(char, bold=bold):
            font = fonts.font_for(char, size, bold=bold)
            pen.text((x, baseline), char, font=font, fill=ink, anchor="ls")
        else:
            missing.append(char)
            _frame(pen, (x, baseline), char, size, ink)
        x += _advance(char, size, bold)
    return missing


def _frame(
    pen: ImageDraw.ImageDraw, at: tuple[float, float], char: str, size: int, ink: str
) -> None:
    """Draw the code of a character that no font has in a frame: seen at once, never a silent
    box."""
    x, baseline = at
    side = size * 0.86
    pen.rectangle((x + 1, baseline - side, x + side, baseline), outline=ink, width=2)
    code = f"{ord(char):X}"
    font = fonts.main_font(max(8, round(size * 0.3)))
    pen.text((x + size * 0.08, baseline - side * 0.5), code[:3], font=font, fill=ink, anchor="ls")
    pen.text((x + size * 0.08, baseline - side * 0.1), code[3:], font=font, fill=ink, anchor="ls")


def _paste_photo(card: Image.Image, photo: bytes | None, box: Mapping[str, Any] | None) -> None:
    if photo is None or not box:
        return
    size = (round(box["w"] * _MM), round(box["h"] * _MM))
    with Image.open(io.BytesIO(photo)) as opened:
        opened.draft("RGB", (size[0] * 2, size[1] * 2))  # a JPEG is read at half its size and up
        portrait = ImageOps.fit(opened.convert("RGB"), size, Image.Resampling.LANCZOS)
    card.paste(portrait, (round(box["x"] * _MM), round(box["y"] * _MM)))


def _background(pack: Pack, template: str) -> Image.Image:
    row = pack.table("cards")["templates"][template]
    art = str(row.get("art") or "")
    return _art(str(pack.file(art)) if art else "", str(pack.table("theme")["city"]))


@functools.lru_cache(maxsize=32)
def _art(art: str, colour: str) -> Image.Image:
    """Return the art as a bitmap: the PNG beside the pack's SVG, or the city's colour alone."""
    file = Path(art).with_suffix(".png") if art else None
    if file is not None and file.is_file():
        with Image.open(file) as opened:
            return ImageOps.fit(opened.convert("RGB"), (WIDTH_PX, HEIGHT_PX))
    return Image.new("RGB", (WIDTH_PX, HEIGHT_PX), colour)


def _png(card: Image.Image) -> bytes:
    """Write a bitmap without the encoder's search for the best filter: four times as quick."""
    rgb, row = card.tobytes(), card.width * 3
    lines = b"".join(b"\0" + rgb[at : at + row] for at in range(0, len(rgb), row))
    head = struct.pack(">IIBBBBB", card.width, card.height, 8, 2, 0, 0, 0)
    dots_a_metre = round(DOTS_AN_INCH / 0.0254)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", head),
            _chunk(b"pHYs", struct.pack(">IIB", dots_a_metre, dots_a_metre, 1)),
            _chunk(b"IDAT", zlib.compress(lines, 1)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def pixels(*, png: bytes) -> tuple[int, int, bytes]:
    """Return width, height and the RGB pixels of a bitmap: what a printer driver puts on the
    card."""
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB")
        return picture.width, picture.height, picture.tobytes()
