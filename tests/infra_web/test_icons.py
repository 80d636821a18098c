"""Every icon that a page names is in the set."""

import re

import pytest

from citycard.infra.web import icons
from citycard.infra.web.amount_tags import icon
from citycard.infra.web.texts import SOURCE

_NAMED = re.compile(
    r'\{% (?:icon|empty) "([^"{}]+)"|nav_item (?:"[^"]*"|\S+) "([^"]+)"|\bicon="([a-z0-9-]+)"'
)


def named() -> set[str]:
    found = set()
    for path in [*SOURCE.rglob("templates/**/*.html"), *SOURCE.rglob("*.py")]:
        for match in _NAMED.finditer(path.read_text("utf-8")):
            found.add(next(name for name in match.groups() if name))
    return found


def test_every_named_icon_exists() -> None:
    names = named()
    assert len(names) > 20
    for name in sorted(names):
        assert icons.shapes(name)


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(icons.MissingIcon, match="no-such-icon"):
        icons.shapes("no-such-icon")


@pytest.mark.parametrize("name", ["../../secret", "Bell", "", "a b"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(icons.MissingIcon):
        icons.shapes(name)


def test_an_icon_is_silent_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in icon("bell")
    assert 'aria-label="&lt;訊息&gt;"' in icon("bell", "<訊息>")
