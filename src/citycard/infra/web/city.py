"""Which city the pages belong to: names, zone and theme of the current pack, read once a pack."""

from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.translation import get_language

from citycard.infra.packs import Pack, PackError, current_pack

from .themes import Theme, theme_from


@dataclass(frozen=True, kw_only=True)
class City:
    """What a page says of its city, in the reader's language."""

    name: str = ""
    card_name: str = "CityCard"
    help_line: str = ""


class _Look:
    """The look of one pack; worked out when first asked for."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    @cached_property
    def theme(self) -> Theme:
        return theme_from(self.pack.table("theme"), self.pack.file)

    def city(self, language: str) -> City:
        contact = self.pack.table("pack").get("contact") or {}
        return City(
            name=self.pack.name.in_(language),
            card_name=self.pack.programme.in_(language),
            help_line=str(contact.get("phone", "")),
        )


_looks: dict[int, _Look] = {}


def _look() -> _Look | None:
    """Return the pack's look; None without a usable pack, so that a bare page still shows."""
    try:
        pack = current_pack()
    except PackError:
        return None
    held = _looks.get(id(pack))
    if held is None:
        _looks.clear()
        held = _looks[id(pack)] = _Look(pack)
    return held


def current_city() -> City:
    """Return the city's names in the reader's language."""
    look = _look()
    return look.city(get_language() or "zh-hant") if look else City()


def current_theme() -> Theme:
    """Return the city's theme."""
    look = _look()
    return look.theme if look else Theme()


def current_zone() -> ZoneInfo:
    """Return the city's time zone; UTC where there is no usable pack."""
    look = _look()
    return look.pack.zone if look else ZoneInfo("UTC")
