"""A city's colours can be read on every paper, whatever its pack says; only colours get in."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.infra.packs import find_pack, pack_codes
from citycard.infra.web import colours, themes
from citycard.infra.web.themes import Theme

hexes = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")


@given(hexes)
def test_action_can_be_read_in_light_and_dark(city: str) -> None:
    theme = Theme(city=city)
    light, dark = themes.light_tokens(theme), themes.dark_tokens(theme)
    for paper in (themes.PAPER, themes.SURFACE):
        assert colours.contrast(light["city"], paper) >= 4.5
    for paper in (themes.DARK_PAPER, themes.DARK_SURFACE, dark["city-soft"]):
        assert colours.contrast(dark["city"], paper) >= 4.5
    assert colours.contrast(light["on-city"], light["city"]) >= 4.5
    assert colours.contrast(dark["on-city"], dark["city"]) >= 4.5
    assert colours.contrast("#ffffff", light["card-2"]) >= 4.5


def test_contrast_is_wcags() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("bad", ["red", "#fff", "#12345g", "#123456;}body{display:none", ""])
def test_only_colours_reach_the_stylesheet(bad: str) -> None:
    with pytest.raises(colours.BadColour):
        themes.theme_from({"city": bad}, None)
    with pytest.raises(colours.BadColour):
        themes.theme_from({"card_colours": {"senior": bad}}, None)


def test_a_card_kind_is_a_code() -> None:
    with pytest.raises(themes.BadTheme):
        themes.theme_from({"card_colours": {'x"]{}': "#123456"}}, None)


@pytest.mark.parametrize(
    "svg", ["<svg><script>1</script></svg>", "<svg onload=x()></svg>", "<p>no</p>"]
)
def test_a_mark_is_a_plain_drawing(svg: str, tmp_path: Path) -> None:
    (tmp_path / "mark.svg").write_text(svg)
    with pytest.raises(themes.BadTheme):
        themes.theme_from({"mark": "mark.svg"}, tmp_path.joinpath)


@pytest.mark.parametrize("code", pack_codes())
def test_every_citys_theme_is_readable(code: str) -> None:
    pack = find_pack(code)
    theme = themes.theme_from(pack.table("theme"), pack.file)
    css = themes.stylesheet(theme)
    assert "--cc-city:" in css
    for kind in theme.card_art:
        found = themes.art_colours(theme.card_art[kind])
        assert all(colours.contrast(theme.text_on(kind), each) >= 4.5 for each in found), kind
