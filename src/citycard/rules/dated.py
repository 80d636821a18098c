"""Dated values: what holds from which day, for whom, and by which text.

Rows that share a ``from`` are one version of the value. On a day the newest version that has begun
is in force, as when a law is restated; inside it the rows are read from the top and the first
whose ``when`` holds counts. History stays in the table, so any past day can be worked out again.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from citycard.infra.packs.texts import Text
from citycard.rules.condition import Condition
from citycard.rules.facts import Facts, earliest
from citycard.rules.kleene import NO, YES, Verdict
from citycard.rules.mistakes import NotYetInForce
from citycard.rules.reading import Node, read_condition
from citycard.rules.reasons import Because
from citycard.rules.steps import read_steps

Payload = Mapping[str, Any]
_ABOUT_THE_ROW = frozenset({"from", "when", "source", "note"})


@dataclass(frozen=True)
class Row:
    """One row: from a day, for those for whom ``when`` holds, this value."""

    starts_on: dt.date
    when: Condition | None
    payload: Payload
    source: str = ""


@dataclass(frozen=True)
class Valued:
    """The value for one person on one day; unknown when the facts leave several rows open."""

    verdict: Verdict
    payload: Payload | None
    row: Row | None
    open_rows: tuple[Row, ...] = ()

    def because(self, facts: Facts, on: dt.date) -> Because | None:
        """Explain why this row counts, or which rows are open; None when a row holds for
        everybody."""
        rows = self.open_rows or ((self.row,) if self.row else ())
        reasons = tuple(row.when.because(facts, on) for row in rows if row.when is not None)
        if not reasons:
            return None
        claim = Text("金額依下列條件", "the value depends on")
        return Because(word="value", claim=claim, verdict=self.verdict, children=reasons)


@dataclass(frozen=True)
class Dated:
    """A value over time."""

    name: str
    rows: tuple[Row, ...]

    @cached_property
    def _versions(self) -> dict[dt.date, tuple[Row, ...]]:
        starts = sorted({row.starts_on for row in self.rows})
        return {day: tuple(r for r in self.rows if r.starts_on == day) for day in starts}

    @cached_property
    def starts(self) -> tuple[dt.date, ...]:
        """The days from which a version is in force, in order."""
        return tuple(self._versions)

    @property
    def first_on(self) -> dt.date:
        """The first day that the value says anything about."""
        return self.starts[0]

    @property
    def reads(self) -> frozenset[str]:
        """The facts that the value depends on."""
        return frozenset().union(*(row.when.reads for row in self.rows if row.when is not None))

    def version(self, on: dt.date) -> tuple[Row, ...]:
        """Return the rows in force on a day.

        :raises NotYetInForce: before the first date, which it names.
        """
        index = bisect_right(self.starts, on)
        if index == 0:
            raise NotYetInForce(self.name, on, self.first_on)
        return self._versions[self.starts[index - 1]]

    def at(self, on: dt.date) -> Callable[[Facts], Valued]:
        """Return a function from facts to the value, for one day."""
        rows = [
            (row, row.when.at(on) if row.when is not None else None) for row in self.version(on)
        ]

        def pick(facts: Facts) -> Valued:
            open_rows: list[Row] = []
            for row, test in rows:
                value = YES if test is None else test(facts)
                if value == NO:
                    continue
                if value == YES and all(each.payload == row.payload for each in open_rows):
                    return Valued(Verdict.YES, row.payload, row)
                open_rows.append(row)
                if value == YES:
                    break
            verdict = Verdict.UNKNOWN if open_rows else Verdict.NO
            return Valued(verdict, None, None, tuple(open_rows))

        return pick

    def value(self, facts: Facts, on: dt.date) -> Valued:
        """Return the value for one person on one day."""
        return self.at(on)(facts)

    def plain(self, on: dt.date) -> Payload:
        """Return the value of a table whose rows hold for everybody."""
        row = self.version(on)[0]
        assert row.when is None, f"{self.name} depends on the person"
        return row.payload

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        """Return the first day after ``on`` on which the value could be another."""
        index = bisect_right(self.starts, on)
        coming = self.starts[index] if index < len(self.starts) else None
        rows = self.version(on) if index else ()
        conditions = (row.when.next_change(facts, on) for row in rows if row.when is not None)
        return earliest([coming, *conditions])


def read_dated(node: Node, name: str) -> Dated:
    """Read the rows of a dated value.

    :raises BadRule: with the path to the row.
    """
    if not isinstance(node.value, list) or not node.value:
        node.refuse("a dated value is a list of rows, each with “from”")
    rows = tuple(_row(each) for each in node.each())
    for number, (earlier, row) in enumerate(pairwise(rows), start=1):
        if row.starts_on < earlier.starts_on:
            node.below(number).refuse(
                f"{row.starts_on} comes after {earlier.starts_on}; rows stand in the order of dates"
            )
        if row.starts_on == earlier.starts_on and earlier.when is None:
            node.below(number).refuse("no one reaches this row: the one before it holds for all")
        if any(row.when == each.when for each in _same_day(rows[:number], row)):
            node.below(number).refuse("no one reaches this row: one before it asks the same")
    return Dated(name, rows)


def _same_day(rows: tuple[Row, ...], row: Row) -> tuple[Row, ...]:
    return tuple(each for each in rows if each.starts_on == row.starts_on)


def _row(node: Node) -> Row:
    if not isinstance(node.value, Mapping) or "from" not in node.value:
        node.refuse("a row of a dated value names the day it holds from")
    starts_on = node.below("from").day()
    when = node.value.get("when")
    payload = {key: value for key, value in node.value.items() if key not in _ABOUT_THE_ROW}
    if not payload:
        node.refuse("the row has a date but no value")
    if "steps" in payload:
        payload["steps"] = read_steps(node.below("steps"))
    return Row(
        starts_on=starts_on,
        when=read_condition(when, names=node.names, path=(*node.path, "when")) if when else None,
        payload=payload,
        source=str(node.value.get("source", "")),
    )
