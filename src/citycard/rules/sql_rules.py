"""SQL for whole rules: the days on which rights are held, what decided them, and which row of a
dated value counts."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from citycard.rules import sql_person, sql_place, sql_standing, sql_workday
from citycard.rules.condition import AllOf, AnyOf, Condition
from citycard.rules.dated import Dated, Row
from citycard.rules.sql_days import Known, intersection, span, text, verdict, yes
from citycard.rules.table import Rule

WORD_FORMS = (sql_person, sql_place, sql_standing, sql_workday)
"""The modules in which words register their forms."""


def rule_days(rule: Rule, known: Known) -> str:
    """Return SQL for the days on which a rule says yes, since it began, over a person row ``p``
    whose columns ``known`` gathers."""
    return intersection([*(yes(part, known) for part in parts_of(rule.holds)), _since(rule)])


def _since(rule: Rule) -> str:
    return span(rule.since, None)


def parts_of(condition: Condition) -> Iterator[Condition]:
    """Yield the conditions that are needed all of, in the order in which a reason names them."""
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from parts_of(part)
    else:
        yield condition


def leaves_of(condition: Condition) -> Iterator[Condition]:
    """Yield the words that ask something; a *not* stands for what is below it."""
    if isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from leaves_of(part)
    else:
        yield condition


def failing_word(rule: Rule, known: Known, day: str, *, otherwise: str = "since") -> str:
    """Return SQL for the word that keeps a right away on a day: one that said yes until then, else
    the first that doesn't; ``otherwise`` where all say yes. It reads what ``rule_days`` reads."""
    turned = [_turns(leaf, known, f"({day} - 1)", day) for leaf in leaves_of(rule.holds)]
    missing = [_when(part, f"NOT {yes(part, known)} @> {day}") for part in parts_of(rule.holds)]
    return f"(CASE {' '.join([*turned, *missing])} ELSE {text(otherwise)} END)"


def newest_word(rule: Rule, known: Known, day: str) -> str:
    """Return SQL for the word that lets a right begin on a day: the first that says yes from that
    day on; ``rule`` where all said what they say before."""
    turned = [_turns(leaf, known, day, f"({day} - 1)") for leaf in leaves_of(rule.holds)]
    return f"(CASE {' '.join(turned)} ELSE 'rule' END)"


def _turns(leaf: Condition, known: Known, on: str, not_on: str) -> str:
    days = yes(leaf, known)
    return _when(leaf, f"{days} @> {on} AND NOT {days} @> {not_on}")


def _when(condition: Condition, test: str) -> str:
    return f"WHEN {test} THEN {text(next(leaves_of(condition)).word)}"


def row_in_force(value: Dated, known: Known, on: dt.date) -> str:
    """Return SQL for the place of the row that counts on a day, among the rows in force: 0, 1 …;
    null where none does, -1 where the facts leave it open.

    :raises NotYetInForce: before the first date, which it names
    """
    day = f"'{on.isoformat()}'::date"
    rows = value.version(on)
    answers = [_answer(row, known, day) for row in rows]
    chosen = [f"WHEN {_is_chosen(place, rows, answers)} THEN {place}" for place in range(len(rows))]
    closed = " AND ".join(f"{answer} = -1" for answer in answers)
    return f"(CASE {' '.join(chosen)} WHEN {closed} THEN NULL ELSE -1 END)"


def _answer(row: Row, known: Known, day: str) -> str:
    return "1" if row.when is None else verdict(row.when, known, day)


def _is_chosen(place: int, rows: Sequence[Row], answers: Sequence[str]) -> str:
    # a row above it that is open does no harm as long as it says the same
    above = [
        f"{answers[i]} {'< 1' if _same(rows[i].payload, rows[place].payload) else '= -1'}"
        for i in range(place)
    ]
    return " AND ".join([*above, f"{answers[place]} = 1"])


def _same(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return one == other
