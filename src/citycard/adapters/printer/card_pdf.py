"""A PDF of one card: a page of CR80's size that holds exactly one bitmap, not compressed with
loss."""

import re
import struct
import zlib
from pathlib import Path

from citycard.issuing.api import pixels

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TRUE_COLOUR = (8, 2, 0, 0, 0)
"""Eight bits, red green blue, not interlaced: what card faces are drawn as."""

WIDTH_PT, HEIGHT_PT = 85.60 / 25.4 * 72, 53.98 / 25.4 * 72


def card_pdf(bitmap: bytes) -> bytes:
    """Return the PDF of a card's bitmap (PNG)."""
    width, height, image = _image(bitmap)
    drawing = f"q {WIDTH_PT:.4f} 0 0 {HEIGHT_PT:.4f} 0 0 cm /Card Do Q".encode()
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH_PT:.4f} {HEIGHT_PT:.4f}]"
            " /Resources << /XObject << /Card 5 0 R >> >> /Contents 4 0 R >>"
        ).encode(),
        _stream("<<", drawing),
        _stream(
            f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height}"
            " /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode"
            f" /DecodeParms << /Predictor 15 /Colors 3 /BitsPerComponent 8 /Columns {width} >>",
            image,
        ),
    ]
    return _file(bodies)


def read_bitmap(path: Path) -> tuple[int, int, bytes]:
    """Return width, height and RGB pixels of the bitmap in such a PDF, for comparing."""
    content = path.read_bytes()
    found = re.search(
        rb"/Width (\d+) /Height (\d+).*?/Length (\d+) >>\nstream\n", content, re.DOTALL
    )
    assert found is not None, "not one of our PDFs"
    width, height, length = map(int, found.groups())
    image = content[found.end() : found.end() + length]
    head = struct.pack(">IIBBBBB", width, height, *_TRUE_COLOUR)
    chunks = ((b"IHDR", head), (b"IDAT", image), (b"IEND", b""))
    return pixels(png=_SIGNATURE + b"".join(_chunk(kind, body) for kind, body in chunks))


def _image(bitmap: bytes) -> tuple[int, int, bytes]:
    """Return width, height and the compressed rows of a PNG: a PDF holds them just as they are."""
    head, rows = b"", []
    at = len(_SIGNATURE)
    while at < len(bitmap):
        (length,) = struct.unpack_from(">I", bitmap, at)
        kind, body = bitmap[at + 4 : at + 8], bitmap[at + 8 : at + 8 + length]
        head = body if kind == b"IHDR" else head
        rows += [body] if kind == b"IDAT" else []
        at += length + 12
    width, height, *form = struct.unpack(">IIBBBBB", head)
    if tuple(form) == _TRUE_COLOUR:
        return width, height, b"".join(rows)
    width, height, rgb = pixels(png=bitmap)
    lines = (b"\0" + rgb[line : line + width * 3] for line in range(0, len(rgb), width * 3))
    return width, height, zlib.compress(b"".join(lines), 1)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _stream(head: str, content: bytes) -> bytes:
    return f"{head} /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"


def _file(bodies: list[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    out += f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\n".encode()
    return bytes(out + f"startxref\n{start}\n%%EOF\n".encode())
