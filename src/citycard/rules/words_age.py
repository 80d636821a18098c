"""Words about age and birth.

An age is full on the birthday itself: the day of birth counts (Civil Code 124) and a year ends on
the eve of its anniversary (121). Who was born on 29 February has no anniversary in a common year;
the year then ends with the last day of February (121, second paragraph), so the age is reached on
1 March. A city whose own rules read it otherwise sets ``birthdays.leap_day: february_28``.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from citycard.infra.packs.texts import Text
from citycard.rules.condition import Condition, Test, single_fact
from citycard.rules.facts import Facts
from citycard.rules.kleene import NO, UNKNOWN, YES

MARCH_1, FEBRUARY_28 = "march_1", "february_28"
LEAP_DAYS = (MARCH_1, FEBRUARY_28)


def birthday(birth_on: dt.date, age_years: int, leap_day: str = MARCH_1) -> dt.date:
    """Return the day on which somebody reaches an age."""
    year = birth_on.year + age_years
    try:
        return birth_on.replace(year=year)
    except ValueError:
        return dt.date(year, 3, 1) if leap_day == MARCH_1 else dt.date(year, 2, 28)


@lru_cache(maxsize=4096)
def latest_birth(on: dt.date, age_years: int, leap_day: str = MARCH_1) -> dt.date:
    """Return the last day of birth that makes somebody this old on a day."""
    year = on.year - age_years
    if year < dt.MINYEAR:
        return dt.date.min
    if (on.month, on.day) == (2, 28) and leap_day == FEBRUARY_28:
        return (
            dt.date(year, 3, 1) - dt.timedelta(days=1)
            if not _leap(on.year)
            else on.replace(year=year)
        )
    try:
        return on.replace(year=year)
    except ValueError:
        return dt.date(year, 2, 28)


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


@dataclass(frozen=True)
class _Aged(Condition):
    """A word that compares an age; subclasses say with what."""

    years: int
    leap_day: str = MARCH_1
    reads: ClassVar = frozenset({"birth_on"})

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        birth_on = facts.get("birth_on")
        if birth_on is None:
            return None
        day = birthday(birth_on, self.years, self.leap_day)
        return day if day > on else None

    def detail(self, facts: Facts, on: dt.date) -> Text | None:
        birth_on = facts.get("birth_on")
        if birth_on is None:
            return None
        day = birthday(birth_on, self.years, self.leap_day)
        return Text(f"{day} 滿 {self.years} 歲", f"{self.years} on {day}")

    def _compare(self, on: dt.date, *, reached: int, before: int) -> Test:
        latest = latest_birth(on, self.years, self.leap_day)

        def test(facts: Facts) -> int:
            birth_on = facts.get("birth_on")
            if birth_on is None:
                return UNKNOWN
            return reached if birth_on <= latest else before

        return test


class AgeAtLeast(_Aged):
    """The person has reached an age, from the birthday itself."""

    word = "age_at_least"
    takes = "a number of years"
    example = "age_at_least: 65"

    @property
    def claim(self) -> Text:
        return Text(f"年滿 {self.years} 歲", f"{self.years} or older")

    def at(self, on: dt.date) -> Test:
        return self._compare(on, reached=YES, before=NO)


class AgeBelow(_Aged):
    """The person has not reached an age; it ends on the birthday."""

    word = "age_below"
    takes = "a number of years"
    example = "age_below: 12"

    @property
    def claim(self) -> Text:
        return Text(f"未滿 {self.years} 歲", f"younger than {self.years}")

    def at(self, on: dt.date) -> Test:
        return self._compare(on, reached=NO, before=YES)


@dataclass(frozen=True)
class BornBefore(Condition):
    """The person was born before a day."""

    day: dt.date
    word = "born_before"
    takes = "a date"
    example = "born_before: 1952-01-01"
    reads = frozenset({"birth_on"})

    @property
    def claim(self) -> Text:
        return Text(f"{self.day} 前出生", f"born before {self.day}")

    def at(self, on: dt.date) -> Test:
        return single_fact("birth_on", lambda birth_on: birth_on < self.day)


@dataclass(frozen=True)
class BornOnOrAfter(Condition):
    """The person was born on a day or later."""

    day: dt.date
    word = "born_on_or_after"
    takes = "a date"
    example = "born_on_or_after: 2010-09-02"
    reads = frozenset({"birth_on"})

    @property
    def claim(self) -> Text:
        return Text(f"{self.day} 以後出生", f"born on or after {self.day}")

    def at(self, on: dt.date) -> Test:
        return single_fact("birth_on", lambda birth_on: birth_on >= self.day)


@dataclass(frozen=True)
class Sex(Condition):
    """The sex on the register."""

    code: str
    word = "sex"
    takes = "`f` or `m`"
    example = "sex: f"
    reads = frozenset({"sex"})

    @property
    def claim(self) -> Text:
        return Text("女性", "female") if self.code == "f" else Text("男性", "male")

    def at(self, on: dt.date) -> Test:
        return single_fact("sex", lambda sex: sex == self.code)


@dataclass(frozen=True)
class Alive(Condition):
    """The person is living; the day of death is the last day that counts. No death on record means
    living."""

    word = "alive"
    takes = "`true`"
    example = "alive: true"
    reads = frozenset({"died_on"})
    claim = Text("在世", "living")

    def at(self, on: dt.date) -> Test:
        def test(facts: Facts) -> int:
            died_on = facts.get("died_on")
            return YES if died_on is None or on <= died_on else NO

        return test

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        died_on = facts.get("died_on")
        if died_on is None or died_on < on:
            return None
        after: dt.date = died_on + dt.timedelta(days=1)
        return after
