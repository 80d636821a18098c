"""A word about majority, which the law moved: twenty until the end of 2022, eighteen since."""

import datetime as dt
from dataclasses import dataclass

from citycard.infra.packs.texts import Text
from citycard.rules.condition import Condition, Test, single_fact
from citycard.rules.facts import Facts, earliest
from citycard.rules.words_age import MARCH_1, birthday, latest_birth


@dataclass(frozen=True)
class Adult(Condition):
    """The person is of age by the law of that day: whoever is eighteen or nineteen when the law
    changes comes of age with it."""

    ages: tuple[tuple[dt.date, int], ...]
    leap_day: str = MARCH_1
    word = "adult"
    takes = "`true`; the ages stand in pack.yaml, `adulthood`"
    example = "adult: true"
    reads = frozenset({"birth_on"})
    claim = Text("已成年", "of age")

    def at(self, on: dt.date) -> Test:
        latest = latest_birth(on, self.age_on(on), self.leap_day)
        return single_fact("birth_on", lambda birth_on: birth_on <= latest)

    def age_on(self, on: dt.date) -> int:
        """Return the age of majority on a day; before the first law that is named, that one's."""
        in_force = [years for starts_on, years in self.ages if starts_on <= on]
        return in_force[-1] if in_force else self.ages[0][1]

    def detail(self, facts: Facts, on: dt.date) -> Text:
        years = self.age_on(on)
        return Text(f"當日滿 {years} 歲為成年", f"{years} on that day")

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        birth_on = facts.get("birth_on")
        if birth_on is None:
            return None
        laws = [starts_on for starts_on, _ in self.ages]
        days = [birthday(birth_on, years, self.leap_day) for _, years in self.ages]
        return earliest(day for day in (*laws, *days) if day > on)
