"""What a month's allowance of many people comes to, by their rights and facts as known now."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.entitlements.allowances_deciding import (
    Decided,
    Held,
    Span,
    share_of,
    span_of,
    sure_amount,
)
from citycard.entitlements.allowances_table import AllowanceTable, MonthlyUnit
from citycard.entitlements.rulebook import plain_facts
from citycard.infra.database import rows, statement
from citycard.kernel.periods import next_month
from citycard.people import api as people
from citycard.rules.api import NotYetInForce, Valued

_KEEP, _HIGHEST = "keep", "highest"


def decide(
    table: AllowanceTable,
    unit: MonthlyUnit,
    month: dt.date,
    member_ids: Sequence[int],
    today: dt.date,
) -> dict[int, Decided]:
    """Return the month's allowance of each member who has a right to one; set-based."""
    spans = _spans(unit, month, member_ids)
    died = _died([member for member, span in spans.items() if span.ends_on is not None])
    amounts = _Amounts(unit)
    given = {
        member: amounts.best(member, span.entitlement, days)
        for member, span, days in _days(table, unit, month, spans, amounts)
    }
    return {
        member: _decided(table, month, span, given[member], member in died, today)
        for member, span in spans.items()
    }


def _spans(unit: MonthlyUnit, month: dt.date, member_ids: Sequence[int]) -> dict[int, Span]:
    held: dict[int, list[Held]] = defaultdict(list)
    asked = [list(member_ids), list(unit.rules), month, next_month(month)]
    for one in rows(statement(__file__, "allowance_rights"), asked):
        held[one.member_id].append(Held(one.entitlement, one.valid_from, one.valid_to))
    order = {code: place for place, code in enumerate(unit.rules)}
    found = {member: span_of(spans, month, order) for member, spans in held.items()}
    return {member: span for member, span in found.items() if span is not None}


def _died(member_ids: Sequence[int]) -> frozenset[int]:
    if not member_ids:
        return frozenset()
    # The day asked for makes no difference to whether somebody died.
    known = people.facts_of(member_ids=member_ids, names=["died_on"], on=dt.date.max)
    return frozenset(member for member, facts in known.items() if facts.get("died_on"))


def _days(
    table: AllowanceTable,
    unit: MonthlyUnit,
    month: dt.date,
    spans: Mapping[int, Span],
    amounts: "_Amounts",
) -> list[tuple[int, Span, list[dt.date]]]:
    """Return the days whose facts decide each member's amount, and let them be read."""
    days = {member: [span.starts_on] for member, span in spans.items()}
    if table.counting.district == _HIGHEST:
        for member, changes in people.days_of_change(member_ids=list(spans), after=month).items():
            end = spans[member].ends_on or next_month(month)
            days[member] += [day for day in changes if spans[member].starts_on < day < end]
    by_day: dict[dt.date, list[int]] = defaultdict(list)
    for member, own in days.items():
        for day in own:
            by_day[day].append(member)
    for day, members in by_day.items():
        amounts.read(day, members)
    return [(member, span, days[member]) for member, span in spans.items()]


@dataclass(frozen=True, slots=True)
class _Given:
    """What a rule gives on a day, and by which facts."""

    amount: int
    on: dt.date
    because: Mapping[str, Any]
    told: str


@dataclass(slots=True)
class _Amounts:
    """Amounts by the facts that rules read: few of many people's differ, so few are worked out."""

    unit: MonthlyUnit
    names: frozenset[str] = field(init=False)
    facts: dict[tuple[int, dt.date], Mapping[str, Any]] = field(init=False, default_factory=dict)
    known: dict[Any, _Given] = field(init=False, default_factory=dict)
    pick: dict[Any, Callable[[Any], Valued] | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        gifts = (rule.gives[self.unit.gift] for rule in self.unit.rules.values())
        self.names = frozenset().union(*(gift.reads for gift in gifts))

    def read(self, day: dt.date, member_ids: Sequence[int]) -> None:
        """Read the facts of members on a day."""
        if not self.names:
            return
        found = people.facts_of(member_ids=member_ids, names=self.names, on=day)
        for member, facts in found.items():
            self.facts[member, day] = facts

    def best(self, member: int, entitlement: str, days: Sequence[dt.date]) -> _Given:
        """Return the highest amount of some days; of equal ones the first."""
        return max((self._on(member, entitlement, day) for day in days), key=lambda one: one.amount)

    def _on(self, member: int, entitlement: str, day: dt.date) -> _Given:
        facts = self.facts.get((member, day), {})
        known_by = (entitlement, day, repr(facts))
        if known_by not in self.known:
            self.known[known_by] = self._work_out(entitlement, day, facts)
        return self.known[known_by]

    def _work_out(self, entitlement: str, day: dt.date, facts: Mapping[str, Any]) -> _Given:
        if (entitlement, day) not in self.pick:
            try:
                self.pick[entitlement, day] = self.unit.gift_of(entitlement).at(day)
            except NotYetInForce:
                self.pick[entitlement, day] = None
        pick = self.pick[entitlement, day]
        amount = sure_amount(pick(facts)) if pick is not None else 0
        gift = self.unit.gift_of(entitlement)
        because = {"facts": plain_facts(gift.reads, facts), "gives": amount}
        return _Given(amount, day, because, _told(because))


def _told(because: Mapping[str, Any]) -> str:
    return json.dumps(because, ensure_ascii=False)


def _decided(
    table: AllowanceTable, month: dt.date, span: Span, given: _Given, died: bool, today: dt.date
) -> Decided:
    mode = table.counting.died if died else table.counting.ended
    ends_on = None if mode == _KEEP else span.ends_on
    amount = share_of(given.amount, span, month, table.counting)
    because: dict[str, Any] = {}
    if span.begun:
        because["begun"] = span.starts_on.isoformat()
    if span.ends_on is not None:
        because["died" if died else "ended"] = span.ends_on.isoformat()
    return Decided(
        entitlement=span.entitlement,
        amount=amount,
        starts_on=span.starts_on,
        ends_on=ends_on,
        returned=ends_on is not None and ends_on <= today,
        decided_on=given.on,
        because=_told({**given.because, **because}) if because else given.told,
    )
