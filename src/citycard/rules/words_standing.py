"""Words about what registers and the city itself say of a person: statuses, relations, approvals;
and the calendar."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from citycard.infra.packs.texts import Text
from citycard.kernel.periods import DateSpan
from citycard.rules.condition import Condition, Test
from citycard.rules.facts import NOTHING, Facts, held_on, next_boundary
from citycard.rules.kleene import NO, UNKNOWN, YES


@dataclass(frozen=True)
class _Held(Condition):
    """A word about something that is held for a time, kept under one key of the facts."""

    code: str
    name: Text
    key: ClassVar[str]
    singular: ClassVar[str]
    absent: ClassVar[int] = UNKNOWN

    @property
    def reads(self) -> frozenset[str]:
        return frozenset({f"{self.singular}.{self.code}"})

    def _held(self, facts: Facts) -> Any:
        return (facts.get(self.key) or NOTHING).get(self.code)

    def at(self, on: dt.date) -> Test:
        key, code, absent = self.key, self.code, self.absent

        def test(facts: Facts) -> int:
            held = (facts.get(key) or NOTHING).get(code)
            if held is True:
                return YES
            if held is False:
                return NO
            if held is None:
                return absent
            return held_on(held, on)

        return test

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        return next_boundary(self._held(facts), on)


class HasStatus(_Held):
    """A register says that the person has a status on that day."""

    word = "has_status"
    takes = "a status of statuses.yaml"
    example = "has_status: disability"
    key = "statuses"
    singular = "status"

    @property
    def claim(self) -> Text:
        return Text(f"具「{self.name.zh}」資格", f"has the status “{self.name.en}”")


class HasRelation(_Held):
    """A register says that the person stands in a relation on that day."""

    word = "has_relation"
    takes = "a relation of statuses.yaml"
    example = "has_relation: spouse_of_resident"
    key = "relations"
    singular = "relation"

    @property
    def claim(self) -> Text:
        return Text(f"具「{self.name.zh}」身分", f"is “{self.name.en}”")


class SpouseOfResident(HasRelation):
    """The person is the spouse of somebody who is registered in the city."""

    word = "spouse_of_resident"
    takes = "`true`"
    example = "spouse_of_resident: true"


class Approved(_Held):
    """The city has approved an application for the entitlement. What isn't on record was not
    approved."""

    word = "approved"
    takes = "an entitlement of entitlements.yaml"
    example = "approved: health-service"
    key = "approvals"
    singular = "approval"
    absent = NO

    @property
    def claim(self) -> Text:
        return Text(f"「{self.name.zh}」已核定", f"approved for “{self.name.en}”")


@dataclass(frozen=True)
class StatusGrade(Condition):
    """The status is held and its grade is one of these; a status without a known grade is
    unknown."""

    code: str
    name: Text
    grades: tuple[str, ...]
    word = "status_grade"
    takes = "`{status: a status, one_of: a list of its grades}`"
    example = "status_grade: {status: disability, one_of: [severe, profound]}"

    @property
    def reads(self) -> frozenset[str]:
        return frozenset({f"status.{self.code}"})

    @property
    def claim(self) -> Text:
        grades = "、".join(self.grades)
        return Text(f"「{self.name.zh}」等級為 {grades}", f"“{self.name.en}” of grade {grades}")

    def at(self, on: dt.date) -> Test:
        code, grades = self.code, frozenset(self.grades)

        def test(facts: Facts) -> int:
            held = (facts.get("statuses") or NOTHING).get(code)
            covered = held_on(held, on)
            if covered != YES:
                return covered
            grade = held.get("grade") if isinstance(held, dict) else None
            if grade is None:
                return UNKNOWN
            return YES if grade in grades else NO

        return test

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        return next_boundary((facts.get("statuses") or NOTHING).get(self.code), on)


@dataclass(frozen=True)
class During(Condition):
    """The day lies in a season: from a day, until (and not including) another."""

    span: DateSpan
    word = "during"
    takes = "`{from: a date, until: a date}`, one of them may be left out"
    example = "during: {from: 2017-07-01, until: 2017-12-01}"
    reads = frozenset[str]()

    @property
    def claim(self) -> Text:
        start, end = self.span.start or "…", self.span.end or "…"
        return Text(f"期間 {start} 至 {end} 前", f"from {start} until {end}")

    def at(self, on: dt.date) -> Test:
        inside = YES if on in self.span else NO
        return lambda facts: inside

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        return next_boundary(self.span, on)
