"""The second compiler: a condition becomes SQL for the days on which it says yes, or no.

Three answers are two sets of days: those with a yes, those with a no, and unknown is what neither
covers. *all* is then the intersection of the yeses and the union of the noes, *any* the reverse,
*not* changes them over, and nothing has to step from boundary to boundary: a birthday, the end of a
certificate and the day of a move are edges of a set. A set is a PostgreSQL ``datemultirange``.

An expression reads a row ``p`` with a column for each leaf: what was gathered of the person's
facts, or worked out of the person's own columns, once for all rules (``Known``). Facts stand in
rows ``f`` of ``name``, ``value`` (jsonb) and ``valid`` (daterange), a person in a row ``m`` of
``birth_on, sex, id_kind, died_on``. Each word writes its own form in ``sql_person``, ``sql_place``,
``sql_standing`` and ``sql_workday``; this module has the words that join others.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

from citycard.rules.condition import AllOf, AnyOf, Anyone, Condition, Not

ALWAYS = "'{(,)}'::datemultirange"
NEVER = "'{}'::datemultirange"
_FALSY = ("null", "false", "0", '""', "[]", "{}")


@dataclass
class Known:
    """What expressions need of a person: the columns of ``p``.

    :ivar gathered: aggregate over the rows ``f`` → column; null where there is no such fact
    :ivar own: expression over the row ``m`` → column
    :ivar names: the facts that are read; no other rows are needed
    """

    gathered: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def days(self, name: str, when: str, *, within: str = "") -> str:
        """Return the days on which a fact stands with a value.

        :param when: SQL over ``f.value``
        :param within: SQL for a daterange to which the fact's own days are cut
        """
        valid = f"f.valid * {within}" if within else "f.valid"
        return self._gather(name, f"range_agg({valid}) FILTER (WHERE {_of(name)} AND {when})")

    def on_record(self, name: str) -> str:
        """Return something that is null where a fact is not on record."""
        return self._gather(name, f"min(f.name) FILTER (WHERE {_of(name)})")

    def worked_out(self, expression: str) -> str:
        """Return the days that an expression finds from a person's own columns."""
        return f"p.{self.own.setdefault(expression, f'c{len(self.own)}')}"

    def _gather(self, name: str, aggregate: str) -> str:
        self.names.add(name)
        return f"p.{self.gathered.setdefault(aggregate, f'k{len(self.gathered)}')}"

    @property
    def aggregates(self) -> str:
        """The select list over facts, each item after a comma."""
        return "".join(f", {sql} AS {column}" for sql, column in self.gathered.items())

    @property
    def columns(self) -> str:
        """The select list of ``p`` over the aggregates ``k`` and the person ``m``, likewise."""
        listed = [
            f", coalesce(k.{column}, {NEVER}) AS {column}"
            if sql.startswith("range_agg")
            else f", k.{column}"
            for sql, column in self.gathered.items()
        ]
        return "".join([*listed, *(f", {sql} AS {column}" for sql, column in self.own.items())])


def _of(name: str) -> str:
    return f"f.name = {text(name)}"


def yes(condition: Condition, known: Known) -> str:
    """Return SQL for the days on which a condition says yes."""
    return form(condition, known, True)


def no(condition: Condition, known: Known) -> str:
    """Return SQL for the days on which a condition says no."""
    return form(condition, known, False)


def verdict(condition: Condition, known: Known, day: str) -> str:
    """Return SQL for the answer on a day: -1 no, 0 unknown, 1 yes.

    :param day: SQL for a date
    """
    said_yes, said_no = yes(condition, known), no(condition, known)
    return f"(CASE WHEN {said_yes} @> {day} THEN 1 WHEN {said_no} @> {day} THEN -1 ELSE 0 END)"


@singledispatch
def form(condition: Condition, known: Known, wanted: bool) -> str:
    """Return a word's SQL for the days with the wanted answer; every word registers its own."""
    raise NotImplementedError(f"“{condition.word}” has no SQL form")


def writes(*words: type[Any]) -> Callable[[Callable[..., str]], Callable[..., str]]:
    """Register a function as the SQL form of some words."""

    def register(function: Callable[..., str]) -> Callable[..., str]:
        for word in words:
            form.register(word, function)
        return function

    return register


@writes(AllOf)
def _all(condition: AllOf, known: Known, wanted: bool) -> str:
    parts = [form(part, known, wanted) for part in condition.parts]
    return intersection(parts) if wanted else union(parts)


@writes(AnyOf)
def _any(condition: AnyOf, known: Known, wanted: bool) -> str:
    parts = [form(part, known, wanted) for part in condition.parts]
    return union(parts) if wanted else intersection(parts)


@writes(Not)
def _not(condition: Not, known: Known, wanted: bool) -> str:
    (inner,) = condition.parts
    return form(inner, known, not wanted)


@writes(Anyone)
def _anyone(condition: Anyone, known: Known, wanted: bool) -> str:
    return constant(wanted)


def constant(holds: bool) -> str:
    """Return every day or none."""
    return ALWAYS if holds else NEVER


def union(parts: Iterable[str]) -> str:
    """Return the days that any of some sets has."""
    some = [part for part in dict.fromkeys(parts) if part != NEVER]
    if ALWAYS in some:
        return ALWAYS
    return f"({' + '.join(some)})" if len(some) > 1 else (some or [NEVER])[0]


def intersection(parts: Iterable[str]) -> str:
    """Return the days that all of some sets have; one that is at hand and empty saves the rest."""
    some = [part for part in dict.fromkeys(parts) if part != ALWAYS]
    if not some or NEVER in some:
        return NEVER if some else ALWAYS
    some.sort(key=len)
    product = f"({' * '.join(some)})" if len(some) > 1 else some[0]
    if len(some) > 1 and _is_column(some[0]):
        return f"(CASE WHEN isempty({some[0]}) THEN {NEVER} ELSE {product} END)"
    return product


def _is_column(expression: str) -> bool:
    return expression.removeprefix("p.").isalnum()


def without(days: str) -> str:
    """Return all other days."""
    return f"({ALWAYS} - {days})"


def starting(day: str) -> str:
    """Return the days from one on, given as SQL that isn't null."""
    return f"datemultirange(daterange({day}, NULL))"


def before(day: str) -> str:
    """Return the days before one, given as SQL that isn't null."""
    return f"datemultirange(daterange(NULL, {day}))"


def span(start: dt.date | None, end: dt.date | None) -> str:
    """Return the days from one on, until and without another; None is for ever."""
    said = ",".join(day.isoformat() if day else "" for day in (start, end))
    return f"'{{[{said})}}'::datemultirange"


def unless_null(column: str, expression: str, otherwise: str = NEVER) -> str:
    """Return an expression that is unknown where a column is null."""
    return f"(CASE WHEN {column} IS NULL THEN {otherwise} ELSE {expression} END)"


def date(day: dt.date) -> str:
    """Write a date."""
    return f"'{day.isoformat()}'::date"


def text(value: str) -> str:
    """Write a text."""
    quoted = value.replace("'", "''")
    return f"'{quoted}'"


def is_one_of(values: Iterable[str], *, field: str = "f.value") -> str:
    """Return whether a JSON value is one of some texts."""
    listed = ", ".join(f"{text(json.dumps(value, ensure_ascii=False))}::jsonb" for value in values)
    return f"{field} IN ({listed})" if listed else "false"


def is_truthy(field: str = "f.value") -> str:
    """Return whether a JSON value counts as yes, as Python reads it."""
    listed = ", ".join(f"'{value}'::jsonb" for value in _FALSY)
    return f"({field} = 'true'::jsonb OR {field} NOT IN ({listed}))"  # mostly it is just true


def is_known(field: str = "f.value") -> str:
    """Return whether a JSON value says anything."""
    return f"{field} <> 'null'::jsonb"
