"""Uploaded files: looked into before anything is kept, and drawn anew."""

import contextlib
import io
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from citycard.applications import api as applications
from citycard.applications.inspecting import centre_crop, cropped, inspect
from citycard.kernel.errors import Refused

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"


def picture(width: int, height: int, kind: str = "JPEG", **saving: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "#446688").save(buffer, kind, **saving)
    return buffer.getvalue()


def bomb() -> bytes:
    """Return a small PNG that says it has 900 million pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 90_001))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("paper", "content", "refusal"),
    [
        ("photo", b"", applications.FileEmpty),
        ("photo", PDF, applications.FileTypeNotTaken),  # a photo is a picture
        ("photo", b"GIF89a" + bytes(100), applications.FileTypeNotTaken),
        ("photo", b"<svg onload=alert(1)>", applications.FileTypeNotTaken),
        ("photo", b"MZ" + bytes(300), applications.FileTypeNotTaken),
        ("photo", picture(900, 1200)[:2000], applications.FileBroken),
        ("photo", b"\xff\xd8\xff" + bytes(500), applications.FileBroken),
        ("photo", picture(300, 400), applications.PictureTooSmall),
        ("photo", bytes(9_000_000), applications.FileTooLarge),
        ("identity-card", bomb(), applications.PictureTooLarge),
        ("identity-card", PDF[:-8], applications.FileBroken),
        ("identity-card", PDF.replace(b"<<>>", b"<</Encrypt 3 0 R>>"), applications.FileLocked),
        ("identity-card", PDF.replace(b"<<>>", b"<</JavaScript 3>>"), applications.FileLocked),
        ("unheard-of", PDF, applications.UnknownPaper),
    ],
)
def test_a_file_is_refused_for_what_it_is_and_not_for_its_name(
    paper: str, content: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        inspect(paper, content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_good_photo_is_kept_with_a_box_of_the_cards_proportions(kind: str) -> None:
    kept = inspect("photo", picture(900, 1500, kind))
    assert (kept.width, kept.height) == (900, 1500)
    assert kept.crop == {"x": 0, "y": 114, "w": 900, "h": 1157}
    with Image.open(io.BytesIO(cropped(kept.content, kept.crop))) as cut:
        assert cut.size == (900, 1157)


def test_what_a_camera_wrote_beside_the_picture_is_gone_and_it_stands_upright() -> None:
    plain = Image.new("RGB", (1200, 900), "#446688")
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    exif[0x010E] = "where I live"
    exif.get_ifd(0x8825)[1] = "N"
    buffer = io.BytesIO()
    plain.save(buffer, "JPEG", exif=exif, comment=b"a secret")
    kept = inspect("photo", buffer.getvalue())
    assert (kept.width, kept.height) == (900, 1200)
    assert b"where I live" not in kept.content
    assert b"a secret" not in kept.content
    with Image.open(io.BytesIO(kept.content)) as opened:
        assert not opened.getexif()


def test_what_hides_behind_a_picture_is_not_kept() -> None:
    kept = inspect("identity-card", picture(900, 1200) + b"PK\x03\x04 a zip behind it")
    assert b"PK\x03\x04" not in kept.content


def test_transparency_lies_on_white_and_odd_modes_are_read() -> None:
    make: dict[str, Callable[[], Image.Image]] = {
        "RGBA": lambda: Image.new("RGBA", (600, 800), (0, 0, 0, 0)),
        "P": lambda: Image.new("P", (600, 800), 0),
        "L": lambda: Image.new("L", (600, 800), 255),
        "I;16": lambda: Image.new("I;16", (600, 800), 40_000),
    }
    for mode, image in make.items():
        buffer = io.BytesIO()
        image().save(buffer, "PNG")
        kept = inspect("photo", buffer.getvalue())
        with Image.open(io.BytesIO(kept.content)) as opened:
            assert opened.mode == "RGB", mode
            if mode == "RGBA":
                assert opened.getpixel((0, 0)) == (255, 255, 255)


def test_a_huge_photo_is_kept_no_larger_than_needed() -> None:
    kept = inspect("identity-card", picture(6000, 4000))
    assert kept.width == 2400


@given(st.integers(40, 4000), st.integers(40, 4000))
def test_the_box_lies_inside_and_has_the_proportions(width: int, height: int) -> None:
    box = centre_crop(width, height, (35, 45))
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["w"] <= width
    assert box["y"] + box["h"] <= height
    assert box["w"] == width or box["h"] == height
    assert abs(box["w"] * 45 - box["h"] * 35) <= 45


@given(st.binary(max_size=400), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]))
def test_no_file_brings_the_door_down(content: bytes, head: bytes) -> None:
    with contextlib.suppress(Refused):
        inspect("identity-card", head + content)
