"""Words about schools by name, and about what lasts longer than school itself."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from citycard.infra.packs.texts import Text
from citycard.rules.condition import Condition, Test
from citycard.rules.facts import Facts
from citycard.rules.kleene import NO, UNKNOWN, YES

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Attends(Condition):
    """The person is enrolled at one of the schools that the pack names, as a pilot does; it ends
    on the day of graduation."""

    schools: tuple[str, ...]
    names: tuple[Text, ...]
    word = "attends"
    takes = "a school named in statuses.yaml, or a list"
    example = "attends: [riverside, hillside]"
    reads = frozenset({"school"})

    @property
    def claim(self) -> Text:
        return Text(
            f"就讀{'、'.join(name.zh for name in self.names)}",
            f"a pupil of {' or '.join(name.en for name in self.names)}",
        )

    def at(self, on: dt.date) -> Test:
        wanted = frozenset(self.schools)

        def test(facts: Facts) -> int:
            school = facts.get("school")
            if school is None:
                return UNKNOWN
            graduates_on = school.get("graduates_on")
            if not school or (graduates_on is not None and graduates_on <= on):
                return NO
            code = school.get("code")
            if code is None:
                return UNKNOWN
            return YES if code in wanted else NO

        return test

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        graduates_on: dt.date | None = (facts.get("school") or {}).get("graduates_on")
        return graduates_on if graduates_on is not None and graduates_on > on else None


@dataclass(frozen=True)
class StudentThrough(Condition):
    """The person is a student of a level, and stays one until a day of the graduation year, which
    is the last that counts."""

    levels: tuple[str, ...]
    names: tuple[Text, ...]
    in_city: bool
    month: int
    day: int
    word = "student_through"
    takes = "`{level: a level or a list, in_city: true or false, last_day: month and day}`"
    example = 'student_through: {level: [senior, university], last_day: "10-31"}'
    reads = frozenset({"school"})

    @property
    def claim(self) -> Text:
        where = Text("本市", " in the city") if self.in_city else Text("", "")
        return Text(
            f"就讀{where.zh}{'、'.join(name.zh for name in self.names)}"
            f"（至畢業年度 {self.month} 月 {self.day} 日止）",
            f"enrolled at {' or '.join(name.en for name in self.names)}{where.en}, "
            f"through {self.month:02}-{self.day:02} of the graduation year",
        )

    def at(self, on: dt.date) -> Test:
        levels, in_city = frozenset(self.levels), self.in_city

        def test(facts: Facts) -> int:
            school = facts.get("school")
            if school is None:
                return UNKNOWN
            if school.get("level") not in levels:
                return NO
            over = self._over_on(school)
            if over is not None and over <= on:
                return NO
            if not in_city:
                return YES
            inside = school.get("in_city")
            if inside is None:
                return UNKNOWN
            return YES if inside else NO

        return test

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        over = self._over_on(facts.get("school") or {})
        return over if over is not None and over > on else None

    def _over_on(self, school: Any) -> dt.date | None:
        graduates_on: dt.date | None = school.get("graduates_on")
        if graduates_on is None:
            return None
        return max(graduates_on, dt.date(graduates_on.year, self.month, self.day) + DAY)
