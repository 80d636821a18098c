"""People who stand at a rule's own boundaries: a day before, on and after each, with each fact
unknown, too."""

import datetime as dt
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from citycard.kernel.periods import DateSpan
from citycard.rules import api as rules
from citycard.rules.condition import Condition, _Joined
from citycard.rules.words_adult import Adult
from citycard.rules.words_age import AgeAtLeast, AgeBelow, Alive, BornBefore, BornOnOrAfter, Sex
from citycard.rules.words_place import (
    EmployedBy,
    EnrolledAt,
    IdKind,
    LivesIn,
    RegisteredForMonths,
    RegisteredIn,
    ResidesIn,
)
from citycard.rules.words_school import Attends, StudentThrough
from citycard.rules.words_standing import (
    Approved,
    HasRelation,
    HasStatus,
    StatusGrade,
)
from citycard.rules.words_workday import AgeFromFirstWorkday

DAY = dt.timedelta(days=1)
NEAR = (-DAY, 0 * DAY, DAY)
Facts = dict[str, Any]
Choices = dict[tuple[str, ...], list[Any]]


def leaves(condition: Condition) -> Iterator[Condition]:
    """Yield the words of a condition that ask for a fact or the day."""
    if isinstance(condition, _Joined):
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition


def conditions_of(rule: rules.Rule) -> Iterator[Condition]:
    """Yield everything of a rule that asks: who may have it, and each row's ``when``."""
    yield rule.holds
    for value in (*rule.gives.values(), *rule.spends_on.values()):
        yield from (row.when for row in value.rows if row.when is not None)


def people_at(rule: rules.Rule, on: dt.date, *, count: int, seed: int) -> list[Facts]:
    """Return people around a rule's boundaries on a day: each choice of each fact beside others
    that say yes, then a mixture."""
    words = [word for condition in conditions_of(rule) for word in leaves(condition)]
    choices: Choices = {}
    for word in words:
        for key, values in _choices(word, on):
            known = choices.setdefault(key, [None])
            known.extend(value for value in values if value not in known)
    draw = random.Random(seed)
    found = [_person({key: _liked(values, key) for key, values in choices.items()})]
    for key, values in choices.items():
        for value in values:
            base = {other: _liked(some, other) for other, some in choices.items()}
            found.append(_person(base | {key: value}))
    for _ in range(count):
        found.append(_person({key: draw.choice(values) for key, values in choices.items()}))
    return found


def _liked(values: Sequence[Any], key: tuple[str, ...]) -> Any:
    """Return the choice that most likely says yes."""
    if key[0] == "died_on":
        return None
    if key[0] == "approvals":
        return values[1] if len(values) > 1 and key[-1] != "excluded" else None
    return values[1] if len(values) > 1 else None


def _person(chosen: Mapping[tuple[str, ...], Any]) -> Facts:
    facts: Facts = {}
    for (name, *code), value in chosen.items():
        if value is None:
            continue
        if code:
            facts.setdefault(name, {})[code[0]] = value
        else:
            facts[name] = value
    return facts


def _choices(word: Condition, on: dt.date) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    for kinds, key, values in _ABOUT:
        if isinstance(word, kinds):
            yield (*key, word.code) if key[0] in GROUPS else key, values(word, on)
            return


def _births(years: int, on: dt.date) -> list[dt.date]:
    reached = on.replace(year=on.year - years, day=min(on.day, 28))
    born = [reached + step for step in NEAR]
    near = [reached + dt.timedelta(days=days) for days in (-40, -31, -20, 20, 31, 40)]
    leap = dt.date(reached.year - reached.year % 4, 2, 29)
    return [born[0], *born, *near, leap, leap + DAY, leap - DAY, reached - dt.timedelta(days=9000)]


def _helds(on: dt.date) -> list[Any]:
    return [True, False, *_spans(on), (DateSpan(None, on - DAY), DateSpan(on + DAY, None))]


def _spans(on: dt.date) -> list[DateSpan]:
    return [
        DateSpan(None, None),
        DateSpan(on - DAY, None),
        DateSpan(on, on + DAY),
        DateSpan(on + DAY, None),
        DateSpan(None, on),
        DateSpan(on - 400 * DAY, on + DAY),
    ]


def _near_day(word: Any, on: dt.date) -> list[dt.date]:
    return [word.day + step for step in NEAR]


def _districts(word: LivesIn, on: dt.date) -> list[str]:
    return [*(each.slug for each in word.districts), word.districts[0].name.zh, "elsewhere"]


def _sinces(word: RegisteredForMonths, on: dt.date) -> list[dt.date]:
    since = _months_before(on, word.months)
    return [*(since + step for step in NEAR), dt.date(2023, 8, 31), dt.date(2024, 2, 29)]


def _attended(word: Attends, on: dt.date) -> list[Any]:
    ends = [None, *(on + step for step in NEAR)]
    codes = [*word.schools, "another", None]
    return [*(_school(None, None, end, code) for code in codes for end in ends), {}]


def _graded(word: StatusGrade, on: dt.date) -> list[Any]:
    grades = [*word.grades, "another"]
    return [*({"held": held, "grade": grade} for grade in grades for held in _spans(on)), False]


def _schools(levels: Sequence[str], on: dt.date) -> list[Any]:
    ends = [None, *(on + step for step in NEAR), dt.date(on.year, 6, 30), dt.date(on.year, 11, 30)]
    return [
        _school(levels[0], True, None, None),
        {},
        *(
            _school(level, inside, end, None)
            for level in (*levels, "another")
            for inside in (True, False, None)
            for end in ends
        ),
    ]


def _school(level: Any, inside: Any, end: Any, code: Any) -> Facts:
    told = {"level": level, "in_city": inside, "graduates_on": end, "code": code}
    return {name: value for name, value in told.items() if value is not None}


def _months_before(on: dt.date, months: int) -> dt.date:
    count = on.year * 12 + on.month - 1 - months
    return dt.date(count // 12, count % 12 + 1, min(on.day, 28))


GROUPS = {"statuses": "status", "relations": "relation", "approvals": "approval"}


def as_rows(facts: Facts) -> Iterator[tuple[str, Any, DateSpan]]:
    """Yield a person's facts as they are recorded: name, value, and the days for which."""
    for name, value in facts.items():
        if name in GROUPS:
            for code, held in value.items():
                yield from _held_rows(f"{GROUPS[name]}.{code}", held)
        elif name not in ("birth_on", "sex", "id_kind", "died_on"):
            yield name, _plain(value), DateSpan()


def _held_rows(name: str, held: Any) -> Iterator[tuple[str, Any, DateSpan]]:
    if isinstance(held, Mapping):
        yield name, {"grade": held["grade"]}, held["held"]
    elif isinstance(held, bool):
        yield name, held, DateSpan()
    else:
        for span in (held,) if isinstance(held, DateSpan) else held:
            yield name, True, span


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return value.isoformat() if isinstance(value, dt.date) else value


_ABOUT: tuple[tuple[Any, tuple[str, ...], Callable[[Any, dt.date], list[Any]]], ...] = (
    (
        (AgeAtLeast, AgeBelow, AgeFromFirstWorkday),
        ("birth_on",),
        lambda word, on: _births(word.years, on),
    ),
    (
        Adult,
        ("birth_on",),
        lambda word, on: [day for _, years in word.ages for day in _births(years, on)],
    ),
    ((BornBefore, BornOnOrAfter), ("birth_on",), _near_day),
    (Sex, ("sex",), lambda word, on: [word.code, *("fm".replace(word.code, ""))]),
    (Alive, ("died_on",), lambda word, on: [on + step for step in NEAR]),
    (RegisteredIn, ("registered_city",), lambda word, on: [word.city, "elsewhere"]),
    (LivesIn, ("registered_district",), _districts),
    (ResidesIn, ("resides_in_city",), lambda word, on: [True, False]),
    (IdKind, ("id_kind",), lambda word, on: [*word.kinds, "another"]),
    (RegisteredForMonths, ("registered_since",), _sinces),
    ((EnrolledAt, StudentThrough), ("school",), lambda word, on: _schools(word.levels, on)),
    (Attends, ("school",), _attended),
    (
        EmployedBy,
        ("employer_agency",),
        lambda word, on: [*(word.agencies or ("health",)), "", "elsewhere"],
    ),
    (HasStatus, ("statuses",), lambda word, on: _helds(on)),
    (StatusGrade, ("statuses",), _graded),
    (HasRelation, ("relations",), lambda word, on: _helds(on)),
    (Approved, ("approvals",), lambda word, on: _helds(on)),
)
"""Which facts a word reads, and what to try there."""
