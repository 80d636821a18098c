"""People at each rule's own boundaries, with facts known and unknown: every rule and every row of
every table is met with yes, with no and with unknown, and no row stands where none can reach it."""

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from citycard.infra.packs import find_pack, pack_codes
from citycard.infra.packs.consistency import check_sources
from citycard.rules import api as rules
from citycard.rules.condition import Condition

from .test_boundaries import MAKERS, ON, leaves

CITIES = pack_codes()
Axis = tuple[str, ...]
NESTED = ("statuses", "relations", "approvals")
ENOUGH = 4000


def axes_of(conditions: list[Condition]) -> dict[Axis, list[Any]]:
    """Return every value that matters to some conditions, fact by fact; None is unknown."""
    found: dict[Axis, list[Any]] = {}
    for condition in conditions:
        for leaf in leaves(condition):
            for facts, _ in MAKERS[type(leaf)](leaf):
                for axis, value in _flat(facts):
                    known = found.setdefault(axis, [None])
                    if value not in known:
                        known.append(value)
    return found


def _flat(facts: Mapping[str, Any]) -> Iterator[tuple[Axis, Any]]:
    for key, value in facts.items():
        if key in NESTED:
            yield from (((key, code), held) for code, held in value.items())
        else:
            yield (key,), value


def people(axes: Mapping[Axis, list[Any]]) -> Iterator[dict[str, Any]]:
    """Yield people of every combination, or of as many by chance (the same each time)."""
    size = 1
    for values in axes.values():
        size *= len(values)
    if size <= ENOUGH:
        chosen: Any = itertools.product(*axes.values())
    else:
        chance = random.Random(20170301)
        chosen = (tuple(map(chance.choice, axes.values())) for _ in range(ENOUGH))
    for values in chosen:
        yield _person(zip(axes, values, strict=True))


def _person(pairs: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for axis, value in pairs:
        if value is None:
            continue
        if len(axis) == 2:
            found.setdefault(axis[0], {})[axis[1]] = value
        else:
            found[axis[0]] = value
    return found


def wanted(condition: Condition) -> set[int]:
    """Return the answers that a condition must give to somebody: everybody passes ``anyone``, and
    what the city keeps itself (an approval, a season) is never unknown."""
    words = {leaf.word for leaf in leaves(condition)}
    if words == {"anyone"}:
        return {rules.YES}
    if words <= {"approved", "during", "alive", "anyone"}:
        return {rules.YES, rules.NO}
    return {rules.YES, rules.NO, rules.UNKNOWN}


def rules_of(city: str) -> Iterator[rules.Rule]:
    pack = find_pack(city)
    yield from rules.read_rules(pack.table("entitlements"), names=rules.vocabulary_of(pack))


@pytest.mark.parametrize("city", CITIES)
def test_every_rule_says_yes_no_and_unknown_to_somebody(city: str) -> None:
    lacking = {}
    for rule in rules_of(city):
        test, missing = rule.eligible.at(ON), wanted(rule.eligible)
        for person in people(axes_of([rule.eligible])):
            missing.discard(test(person))
            if not missing:
                break
        else:
            lacking[rule.code] = missing
    assert not lacking


def tables(city: str) -> Iterator[tuple[str, tuple[rules.Row, ...]]]:
    """Yield every version of every dated value of the rules: the rows that hold together."""
    for rule in rules_of(city):
        for kind in (rule.gives, rule.spends_on):
            for name, dated in kind.items():
                for starts in dated.starts:
                    yield f"{rule.code}.{name} from {starts}", dated.version(starts)


@pytest.mark.parametrize("city", CITIES)
def test_every_row_is_met_with_yes_no_and_unknown_and_is_reached(city: str) -> None:
    lacking = []
    for name, rows in tables(city):
        whens = [row.when for row in rows if row.when is not None]
        tests = [None if row.when is None else row.when.at(ON) for row in rows]
        answers: list[set[int]] = [set() for _ in rows]
        reached: set[int] = set()
        for person in people(axes_of(whens)) if whens else [{}]:
            given = [rules.YES if test is None else test(person) for test in tests]
            for index, value in enumerate(given):
                answers[index].add(value)
            sure = given.index(rules.YES) if rules.YES in given else None
            if sure is not None and rules.UNKNOWN not in given[:sure]:
                reached.add(sure)
        for index, row in enumerate(rows):
            must = {rules.YES} if row.when is None else wanted(row.when)
            if must - answers[index] or index not in reached:
                lacking.append(f"{name}, row {index + 1}: {answers[index]}, reached {reached}")
    assert not lacking, "\n".join(lacking)


@pytest.mark.parametrize("city", CITIES)
def test_every_rule_row_has_a_source(city: str) -> None:
    """Its own, or the rule's where the row begins with the rule itself."""
    assert [str(problem) for problem in check_sources(find_pack(city))] == []


def test_a_row_that_nobody_reaches_is_found() -> None:
    """A check that can't fail proves nothing."""
    names = rules.vocabulary_of(find_pack("taoyuan"))
    rows = [
        {"from": ON, "amount": 1, "when": {"age_at_least": 60}},
        {"from": ON, "amount": 2, "when": {"age_at_least": 65}},
    ]
    dated = rules.dated(rows, name="x", names=names)
    whens = [row.when for row in dated.rows if row.when is not None]
    reached = {
        [each.at(ON)(person) for each in whens].index(rules.YES)
        for person in people(axes_of(whens))
        if rules.YES in [each.at(ON)(person) for each in whens]
    }
    assert reached == {0}
