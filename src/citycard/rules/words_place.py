"""Words about where a person is registered, lives, learns and works, and by which document they
are known."""

import datetime as dt
from dataclasses import dataclass

from citycard.infra.packs.texts import Text
from citycard.rules.condition import Condition, Test, single_fact
from citycard.rules.facts import Facts
from citycard.rules.kleene import NO, UNKNOWN, YES
from citycard.rules.vocabulary import District


@dataclass(frozen=True)
class RegisteredIn(Condition):
    """The household registration is in a city."""

    city: str
    name: Text
    word = "registered_in"
    takes = "a city's code"
    example = "registered_in: newtown"
    reads = frozenset({"registered_city"})

    @property
    def claim(self) -> Text:
        return Text(f"設籍{self.name.zh}", f"registered in {self.name.en}")

    def at(self, on: dt.date) -> Test:
        wanted = self.city

        def test(facts: Facts) -> int:
            city = facts.get("registered_city")
            if city is None:
                return UNKNOWN
            return YES if city == wanted else NO

        return test


@dataclass(frozen=True)
class RegisteredForMonths(Condition):
    """The household registration has been in the city for some months without a break."""

    months: int
    word = "registered_for_months"
    takes = "a number of months"
    example = "registered_for_months: 6"
    reads = frozenset({"registered_since"})

    @property
    def claim(self) -> Text:
        return Text(f"設籍滿 {self.months} 個月", f"registered for {self.months} months")

    def at(self, on: dt.date) -> Test:
        return single_fact("registered_since", lambda since: self._full_on(since) <= on)

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        since = facts.get("registered_since")
        if since is None:
            return None
        day = self._full_on(since)
        return day if day > on else None

    def _full_on(self, since: dt.date) -> dt.date:
        count = since.year * 12 + since.month - 1 + self.months
        year, month = count // 12, count % 12 + 1
        try:
            return since.replace(year=year, month=month)
        except ValueError:  # no such day: the period ended with the month's last day
            return dt.date(year + month // 12, month % 12 + 1, 1)


@dataclass(frozen=True)
class LivesIn(Condition):
    """The household registration is in one of the named districts."""

    districts: tuple[District, ...]
    word = "lives_in"
    takes = "a district or a list of districts"
    example = "lives_in: 復興區"
    reads = frozenset({"registered_district"})

    @property
    def claim(self) -> Text:
        return Text(
            f"戶籍在{'、'.join(each.name.zh for each in self.districts)}",
            f"registered in {' or '.join(each.name.en for each in self.districts)}",
        )

    def at(self, on: dt.date) -> Test:
        spellings = frozenset[str]().union(*(each.spellings for each in self.districts))
        return single_fact("registered_district", spellings.__contains__)


@dataclass(frozen=True)
class ResidesIn(Condition):
    """The person actually lives in the city, whatever the register says."""

    name: Text
    word = "resides_in"
    takes = "the city's code"
    example = "resides_in: newtown"
    reads = frozenset({"resides_in_city"})

    @property
    def claim(self) -> Text:
        return Text(f"實際居住{self.name.zh}", f"actually lives in {self.name.en}")

    def at(self, on: dt.date) -> Test:
        return single_fact("resides_in_city", bool)


@dataclass(frozen=True)
class IdKind(Condition):
    """The person is known by one of these kinds of document."""

    kinds: tuple[str, ...]
    names: tuple[Text, ...]
    word = "id_kind"
    takes = "`citizen`, `resident_new`, `resident_old`, `passport`, or a list"
    example = "id_kind: [resident_new, resident_old]"
    reads = frozenset({"id_kind"})

    @property
    def claim(self) -> Text:
        return Text(
            f"持{'或'.join(name.zh for name in self.names)}",
            f"known by {' or '.join(name.en for name in self.names)}",
        )

    def at(self, on: dt.date) -> Test:
        return single_fact("id_kind", frozenset(self.kinds).__contains__)


@dataclass(frozen=True)
class EnrolledAt(Condition):
    """The person is enrolled at a school of a level; it ends on the day of graduation."""

    levels: tuple[str, ...]
    names: tuple[Text, ...]
    in_city: bool
    word = "enrolled_at"
    takes = "`{level: a level or a list, in_city: true or false}`"
    example = "enrolled_at: {level: [primary, junior], in_city: true}"
    reads = frozenset({"school"})

    @property
    def claim(self) -> Text:
        where = Text("本市", " in the city") if self.in_city else Text("", "")
        return Text(
            f"就讀{where.zh}{'、'.join(name.zh for name in self.names)}",
            f"enrolled at {' or '.join(name.en for name in self.names)}{where.en}",
        )

    def at(self, on: dt.date) -> Test:
        levels, in_city = frozenset(self.levels), self.in_city

        def test(facts: Facts) -> int:
            school = facts.get("school")
            if school is None:
                return UNKNOWN
            if school.get("level") not in levels:
                return NO
            graduates_on = school.get("graduates_on")
            if graduates_on is not None and graduates_on <= on:
                return NO
            if not in_city:
                return YES
            inside = school.get("in_city")
            if inside is None:
                return UNKNOWN
            return YES if inside else NO

        return test

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        graduates_on: dt.date | None = (facts.get("school") or {}).get("graduates_on")
        return graduates_on if graduates_on is not None and graduates_on > on else None


@dataclass(frozen=True)
class EmployedBy(Condition):
    """The person works for the city, or for one of the named agencies."""

    agencies: tuple[str, ...]
    names: tuple[Text, ...]
    word = "employed_by"
    takes = "`city`, an agency, or a list of agencies"
    example = "employed_by: city"
    reads = frozenset({"employer_agency"})

    @property
    def claim(self) -> Text:
        if not self.agencies:
            return Text("任職市府機關學校", "employed by the city")
        return Text(
            f"任職{'或'.join(name.zh for name in self.names)}",
            f"employed by {' or '.join(name.en for name in self.names)}",
        )

    def at(self, on: dt.date) -> Test:
        if not self.agencies:
            return single_fact("employer_agency", bool)
        return single_fact("employer_agency", frozenset(self.agencies).__contains__)
