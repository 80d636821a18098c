"""A card's face: the right size, the same bytes for the same face, and every name in full."""

import datetime as dt
import io

import pytest
from PIL import Image, ImageChops

from citycard.issuing import api as issuing
from citycard.issuing import fonts

LONG_NAMES = [
    "王小美",
    "歐陽菲菲",
    "阿布都熱合曼·伊力哈木·吐爾遜",
    "Alexandria Konstantinopoulos-Featherstonehaugh Wu",
    "Wolfeschlegelsteinhausenbergerdorff",
    "Kālidāsa Ñandú Øresund Łódź",
]


def drawn(name: str, kind: str = "senior", **more: object) -> issuing.Drawn:
    face = issuing.CardFace(card_kind=kind, name=name, number="1234567890123452", **more)  # type: ignore[arg-type]  # fields of the face
    return issuing.draw(face=face)


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def test_it_is_a_card_at_300_dots_an_inch() -> None:
    with Image.open(io.BytesIO(drawn("王小美").png)) as picture:
        assert picture.size == (1011, 638)
        assert [round(dots) for dots in picture.info["dpi"]] == [300, 300]


def test_the_same_face_is_the_same_bytes() -> None:
    assert drawn("王小美").png == drawn("王小美").png
    assert drawn("王小美").png != drawn("王大美").png


@pytest.mark.parametrize("name", LONG_NAMES)
def test_a_name_stays_on_the_card_and_off_the_photo(name: str) -> None:
    """What the name changes lies left of the photo and inside the margins."""
    empty, full = opened(drawn("").png), opened(drawn(name).png)
    box = ImageChops.difference(empty, full).getbbox()
    assert box is not None
    left, top, right, bottom = box
    photo_left = round(58 * 300 / 25.4)
    assert left >= 60
    assert right <= photo_left - 15
    assert top >= 200  # below the programme's name and the kind
    assert bottom <= round(37.5 * 300 / 25.4)  # above the line of the date


@pytest.mark.parametrize("kind", ["general", "senior", "disability", "companion", "health"])
def test_every_kind_of_card_can_be_drawn(kind: str) -> None:
    face = drawn("王小美", kind, valid_until=dt.date(2028, 1, 1))
    assert face.missing_glyphs == ()
    assert face.template.startswith(f"{kind}@")


def test_the_photo_fills_its_box() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (700, 900), (10, 200, 30)).save(buffer, "JPEG")
    card = opened(drawn("王小美", photo=buffer.getvalue()).png)
    mm = 300 / 25.4
    for x, y in ((58.5, 12.5), (78.5, 12.5), (58.5, 38.5), (78.5, 38.5)):
        red, green, blue = card.getpixel((round(x * mm), round(y * mm)))  # type: ignore[misc]  # RGB
        assert abs(red - 10) < 12
        assert abs(green - 200) < 12
        assert abs(blue - 30) < 12


def test_a_character_that_no_font_has_is_named_once_and_drawn_as_its_code() -> None:
    face = drawn("王\U000f0001\U000f0001美")
    assert face.missing_glyphs == ("\U000f0001",)
    plain = drawn("王　　美")
    assert face.png != plain.png


@pytest.mark.parametrize("character", ["臺", "啓", "堃", "犇", "𠮷", "ñ", "Ł", "・"])
def test_characters_of_real_names_are_there(character: str) -> None:
    assert fonts.draws(character)


def test_what_is_no_character_is_not() -> None:
    assert not fonts.draws("\U000f0001")
    assert not fonts.draws("\uffff")
    assert fonts.draws(" ")
