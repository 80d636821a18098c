"""A service's figures of one month at one agency, as they may be shown. Pure values."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from citycard.insight.funnel import StepFigure


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
class Answers:
    """What people answered after a use of one service at one agency; never shown as it is.

    :ivar by_score: answers and the different people who gave them, by score
    :ivar people: different people who answered
    """

    by_score: Mapping[int, tuple[int, int]]
    people: int


@dataclass(frozen=True, kw_only=True)
class ScoreFigure:
    """How many answers gave a score; None where hidden."""

    score: int
    times: int | None


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
    """How many people came on this many days, or came again after this many; None where hidden."""

    least_days: int
    most_days: int
    people: int | None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A service's month at one agency. None means hidden: fewer than `least` people stand behind
    the
    cell, or it would tell of such a cell by subtraction. An empty table of a month with uses is
    withheld: it would be hidden as a whole.

    :ivar people: different people with at least one use
    :ivar per_person: uses divided by people
    :ivar returning: people who came on two days or more
    :ivar new_people: people who used the service for the first time ever
    :ivar known_people: people who had used it before the month
    :ivar refusals: taps that the readers refused; None where fewer than `least`, none included
    :ivar bands: on how many days people came
    :ivar intervals: after how many days people came again
    :ivar answered: how many answers there were after a use
    :ivar scores: how many gave each score; empty where nobody answered, or withheld
    :ivar funnel: from the right to a regular, only the steps that may be told of
    """

    service: str
    agency: str
    month: dt.date
    least: int
    uses: int | None
    people: int | None
    returning: int | None = None
    new_people: int | None = None
    known_people: int | None = None
    refusals: int | None = None
    places: tuple[PlaceFigure, ...] = ()
    days: tuple[DayFigure, ...] = ()
    bands: tuple[BandFigure, ...] = ()
    intervals: tuple[BandFigure, ...] = ()
    answered: int | None = None
    scores: tuple[ScoreFigure, ...] = ()
    funnel: tuple[StepFigure, ...] = ()

    @property
    def satisfaction(self) -> float | None:
        """Return the mean of the answers, where every line of them is shown: a mean would tell of a
        hidden one."""
        told = [(it.score, it.times) for it in self.scores if it.times is not None]
        if not self.answered or len(told) < len(self.scores):
            return None
        return round(sum(score * times for score, times in told) / self.answered, 1)

    @property
    def per_person(self) -> float | None:
        """Return how often a person came, where both figures are shown."""
        if self.uses is None or not self.people:
            return None
        return round(self.uses / self.people, 2)

    @property
    def hides_something(self) -> bool:
        """Tell whether any cell of the page is kept back."""
        if self.uses == 0:
            return False
        people = [self.people, self.returning, self.new_people]
        people += [band.people for band in (*self.bands, *self.intervals)]
        uses = [place.uses for place in self.places] + [day.uses for day in self.days]
        return None in people + uses or not (self.places and self.days and self.bands)
