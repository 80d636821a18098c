"""A service's figures of one month, as they may be shown. Pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from citycard.insight.hiding import Sum, hidden_cells

DAYS_OF_USE = ((1, 1), (2, 3), (4, 7), (8, 31))
"""On how many days of the month a person came: the bands of the frequency table."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What was counted for one service of an agency in one month; never shown as it is.

    :ivar uses_by_place: uses by (agency, place)
    :ivar people_by_place: distinct people by (agency, place)
    :ivar days_of_use: for each number of days, how many people came on that many days
    :ivar new_people: people whose first use of the service ever falls in this month
    :ivar intervals: for each number of days, how many people came again after that many days: the
        median of the days from one day of use to the next within the month, of two middle ones the
        smaller; who came on one day only is in none
    """

    uses_by_place: Mapping[tuple[str, str], int]
    people_by_place: Mapping[tuple[str, str], int]
    uses_by_day: Mapping[dt.date, int]
    people_by_day: Mapping[dt.date, int]
    days_of_use: Mapping[int, int]
    refusals: int
    new_people: int = 0
    intervals: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PlaceFigure:
    """Uses and people at one place; None where hidden."""

    agency: str
    place: str
    uses: int | None
    people: int | None


@dataclass(frozen=True, kw_only=True)
class DayFigure:
    """Uses and people on one day; None where hidden."""

    day: dt.date
    uses: int | None
    people: int | None


@dataclass(frozen=True, kw_only=True)
class BandFigure:
    """How many people came on this many days of the month; None where hidden."""

    least_days: int
    most_days: int
    people: int | None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A service's month. None means hidden: fewer than `least` people stand behind the cell, or it
    would tell such a cell by subtraction.

    :ivar people: different people with at least one use
    :ivar per_person: uses divided by people
    :ivar returning: people who came on two days or more
    :ivar refusals: taps that the readers refused
    """

    service: str
    month: dt.date
    least: int
    uses: int | None
    people: int | None
    per_person: float | None
    returning: int | None
    refusals: int | None
    places: tuple[PlaceFigure, ...]
    days: tuple[DayFigure, ...]
    bands: tuple[BandFigure, ...]

    @property
    def hides_something(self) -> bool:
        """Tell whether any cell of the page is kept back."""
        cells = [self.uses, self.refusals, *(band.people for band in self.bands)]
        cells += [place.uses for place in self.places] + [day.uses for day in self.days]
        return None in cells


def build_figures(*, service: str, month: dt.date, counts: Counts, least: int) -> Figures:
    """Add up a month's counts and hide what speaks of fewer than `least` people."""
    bands = _bands(counts)
    people = sum(bands)
    hidden = _hidden(counts, bands, people, least)
    seen = "total" not in hidden
    uses = sum(counts.uses_by_place.values())
    few_refusals = 0 < counts.refusals < least
    return Figures(
        service=service,
        month=month,
        least=least,
        uses=uses if seen else None,
        people=people if seen else None,
        per_person=round(uses / people, 2) if seen and people else None,
        returning=people - bands[0] if seen and ("band", 0) not in hidden else None,
        refusals=None if few_refusals else counts.refusals,
        places=_places(counts, hidden),
        days=_days(counts, hidden),
        bands=tuple(
            BandFigure(
                least_days=low,
                most_days=high,
                people=None if ("band", n) in hidden else bands[n],
            )
            for n, (low, high) in enumerate(DAYS_OF_USE)
        ),
    )


def _bands(counts: Counts) -> list[int]:
    return [
        sum(people for days, people in counts.days_of_use.items() if low <= days <= high)
        for low, high in DAYS_OF_USE
    ]


def _hidden(counts: Counts, bands: Sequence[int], people: int, least: int) -> frozenset[object]:
    """Hide over all tables of the page at once: they share the same total."""
    cells: dict[object, int] = {"total": people or min(sum(counts.uses_by_place.values()), 1)}
    for where, uses in counts.uses_by_place.items():
        cells["place", where] = counts.people_by_place.get(where, 0) or min(uses, 1)
    for day, uses in counts.uses_by_day.items():
        cells["day", day] = counts.people_by_day.get(day, 0) or min(uses, 1)
    for n, count in enumerate(bands):
        cells["band", n] = count
    sums: list[Sum[object]] = [
        Sum(total="total", parts=tuple(c for c in cells if isinstance(c, tuple) and c[0] == kind))
        for kind in ("place", "day", "band")
    ]
    hidden = hidden_cells(people=cells, sums=sums, least=least)
    # where the total is kept back, even an empty cell would say something of the few
    return frozenset(cells) if "total" in hidden else hidden


def _places(counts: Counts, hidden: frozenset[object]) -> tuple[PlaceFigure, ...]:
    """List the busiest place first; hidden ones come last, by name: their rank would tell their
    size."""

    def rank(where: tuple[str, str]) -> tuple[bool, int, tuple[str, str]]:
        is_hidden = ("place", where) in hidden
        return is_hidden, 0 if is_hidden else -counts.uses_by_place[where], where

    return tuple(
        PlaceFigure(
            agency=where[0],
            place=where[1],
            uses=None if ("place", where) in hidden else counts.uses_by_place[where],
            people=None if ("place", where) in hidden else counts.people_by_place.get(where, 0),
        )
        for where in sorted(counts.uses_by_place, key=rank)
    )


def _days(counts: Counts, hidden: frozenset[object]) -> tuple[DayFigure, ...]:
    return tuple(
        DayFigure(
            day=day,
            uses=None if ("day", day) in hidden else counts.uses_by_day[day],
            people=None if ("day", day) in hidden else counts.people_by_day.get(day, 0),
        )
        for day in sorted(counts.uses_by_day)
    )
