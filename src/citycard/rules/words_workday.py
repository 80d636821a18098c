"""A word about age that asks the office calendar."""

import datetime as dt
from dataclasses import dataclass, field

from citycard.infra.packs.texts import Text
from citycard.kernel.periods import next_month
from citycard.kernel.workdays import WorkCalendar
from citycard.rules.condition import Condition, Test
from citycard.rules.facts import Facts
from citycard.rules.kleene import NO, UNKNOWN, YES
from citycard.rules.words_age import MARCH_1, birthday, latest_birth

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class AgeFromFirstWorkday(Condition):
    """The month in which the person reaches an age has begun its work: true from that month's first
    working day, which may lie before the birthday or after it."""

    years: int
    leap_day: str = MARCH_1
    calendar: WorkCalendar = field(default_factory=WorkCalendar, repr=False)
    word = "age_from_first_workday"
    takes = "a number of years"
    example = "age_from_first_workday: 65"
    reads = frozenset({"birth_on"})

    @property
    def claim(self) -> Text:
        return Text(
            f"年滿 {self.years} 歲當月第一個上班日起",
            f"from the first working day of the month of turning {self.years}",
        )

    def at(self, on: dt.date) -> Test:
        begun = on >= self.calendar.first_working_day(on)
        reached_before = next_month(on) if begun else on.replace(day=1)
        latest = latest_birth(reached_before - DAY, self.years, self.leap_day)

        def test(facts: Facts) -> int:
            birth_on = facts.get("birth_on")
            if birth_on is None:
                return UNKNOWN
            return YES if birth_on <= latest else NO

        return test

    def starts_on(self, birth_on: dt.date) -> dt.date:
        """Return the first day on which the word holds for somebody born on a day."""
        return self.calendar.first_working_day(birthday(birth_on, self.years, self.leap_day))

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        birth_on = facts.get("birth_on")
        if birth_on is None:
            return None
        day = self.starts_on(birth_on)
        return day if day > on else None

    def detail(self, facts: Facts, on: dt.date) -> Text | None:
        birth_on = facts.get("birth_on")
        if birth_on is None:
            return None
        reached, starts = birthday(birth_on, self.years, self.leap_day), self.starts_on(birth_on)
        zh = f"{reached} 滿 {self.years} 歲，自 {starts} 起"
        en = f"{self.years} on {reached}, from {starts}"
        if self.calendar.knows(starts):
            return Text(zh, en)
        return Text(f"{zh}；該年辦公日曆尚未公布", f"{en}; no office calendar for that year yet")
