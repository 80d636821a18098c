"""The names that a city's rules may use, and what they are called to people."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from citycard.infra.packs.calendars import work_calendar
from citycard.infra.packs.texts import Text
from citycard.kernel.taiwan.text import fold
from citycard.kernel.workdays import WorkCalendar


class Tables(Protocol):
    """Anything that hands out a pack's tables by name."""

    def table(self, name: str) -> Any:
        """Return a table as plain mappings and lists."""


@dataclass(frozen=True, kw_only=True)
class District:
    """A district under every spelling that a register or a form may use."""

    slug: str
    name: Text
    spellings: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Every name a condition may mention: a word that isn't here is a mistake in the pack."""

    city: str
    cities: Mapping[str, Text]
    districts: Mapping[str, District] = field(default_factory=dict)
    statuses: Mapping[str, Text] = field(default_factory=dict)
    grades: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    relations: Mapping[str, Text] = field(default_factory=dict)
    levels: Mapping[str, Text] = field(default_factory=dict)
    schools: Mapping[str, Text] = field(default_factory=dict)
    entitlements: Mapping[str, Text] = field(default_factory=dict)
    agencies: Mapping[str, Text] = field(default_factory=dict)
    id_kinds: Mapping[str, Text] = field(default_factory=dict)
    leap_day: str = "march_1"
    adulthood: tuple[tuple[dt.date, int], ...] = ()
    workdays: WorkCalendar = field(default_factory=WorkCalendar)

    def district(self, spelling: str) -> District | None:
        """Find a district by its code, its slug or its name in either language; 臺 and 台 are
        equal."""
        return self.districts.get(fold(spelling))


ID_KINDS = {
    "citizen": Text("國民身分證", "national ID"),
    "resident_new": Text("新式居留證", "resident certificate, new number"),
    "resident_old": Text("舊式居留證", "resident certificate, old number"),
    "passport": Text("護照", "passport"),
}


def vocabulary_of(pack: Tables) -> Vocabulary:
    """Gather the names of a pack's tables."""
    about = pack.table("pack")
    statuses = pack.table("statuses")
    return Vocabulary(
        city=about["code"],
        cities={
            about["code"]: Text.read(about["name"]),
            **_names(about.get("neighbours", {}), bare=True),
        },
        districts=_districts(pack.table("districts")),
        statuses=_names(statuses["statuses"]),
        grades={
            code: tuple(row["grades"])
            for code, row in statuses["statuses"].items()
            if "grades" in row
        },
        relations=_names(statuses.get("relations", {})),
        levels=_names(statuses.get("schools", {}).get("levels", {})),
        schools=_names(statuses.get("schools", {}).get("named", {})),
        entitlements=_names(pack.table("entitlements")),
        agencies=_names(pack.table("agencies")["agencies"]),
        id_kinds=ID_KINDS,
        leap_day=about["birthdays"]["leap_day"],
        adulthood=tuple((row["from"], row["age"]) for row in about.get("adulthood", ())),
        workdays=work_calendar(_calendar(pack)),
    )


def _calendar(pack: Tables) -> Mapping[str, Any]:
    try:
        table: Mapping[str, Any] = pack.table("calendar")
    except KeyError:  # a pack that was kept before it had one
        return {}
    return table


def _names(rows: Mapping[str, Any], *, bare: bool = False) -> dict[str, Text]:
    return {code: Text.read(row if bare else row["name"]) for code, row in rows.items()}


def _districts(rows: Mapping[str, Any]) -> dict[str, District]:
    found: dict[str, District] = {}
    for slug, row in rows.items():
        name = Text.read(row["name"])
        spellings = frozenset({slug, row["code"], name.zh, fold(name.zh), name.en})
        district = District(slug=slug, name=name, spellings=spellings)
        found.update({fold(spelling): district for spelling in spellings})
    return found
