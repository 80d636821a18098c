"""Scenarios: given this person and this day, expect that. Written first, by people who know the
policy."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from citycard.rules.facts import Facts
from citycard.rules.mistakes import BadRule, NotYetInForce, Path, nearest_word
from citycard.rules.persons import read_person
from citycard.rules.steps import Steps
from citycard.rules.table import Rule, RuleTable
from citycard.rules.vocabulary import Vocabulary

Failure = tuple[Path, str]


def failures(row: Mapping[str, Any], *, table: RuleTable, names: Vocabulary) -> Iterator[Failure]:
    """Yield where a scenario's expectation and the rules differ, as a path into the scenario and a
    sentence."""
    try:
        facts = read_person(row["person"], names=names)
    except BadRule as error:
        yield ("person", *error.path), str(error)
        return
    for key, check in _CHECKS.items():
        for code, wanted in row.get(key, {}).items():
            if code not in table.rules:
                nearest = nearest_word(code, table.rules)
                yield (key, code), str(BadRule(f"there is no entitlement “{code}”", (), nearest))
                continue
            found = _answer(check, table[code], facts, row["on"], wanted)
            if found is not None:
                yield (key, code), f"{code}: {found}"


def _answer(check: "Check", rule: Rule, facts: Facts, on: dt.date, wanted: Any) -> str | None:
    try:
        return check(rule, facts, on, wanted)
    except NotYetInForce as error:
        return str(error)


Check = Callable[[Rule, Facts, dt.date, Any], str | None]


def _expect(rule: Rule, facts: Facts, on: dt.date, wanted: str) -> str | None:
    decision = rule.may_have(facts, on)
    if decision.verdict.value == wanted:
        return None
    return f"expected {wanted}, the rule says {decision.verdict}\n{decision.because.text()}"


def _holds(rule: Rule, facts: Facts, on: dt.date, wanted: str) -> str | None:
    decision = rule.has(facts, on)
    if decision.verdict.value == wanted:
        return None
    return f"expected to hold: {wanted}, the rule says {decision.verdict}"


def _gives(rule: Rule, facts: Facts, on: dt.date, wanted: Mapping[str, int]) -> str | None:
    for name, amount in wanted.items():
        if name not in rule.gives:
            return f"it gives no “{name}”"
        valued = rule.gift(name, facts, on)
        found = None if valued.payload is None else valued.payload.get("amount")
        if found != amount:
            return f"expected {name} {amount}, the rule gives {found or valued.verdict}"
    return None


def _spends(rule: Rule, facts: Facts, on: dt.date, wanted: Mapping[str, Any]) -> str | None:
    for mode, expected in wanted.items():
        if mode not in rule.spends_on:
            return f"it is not spent on “{mode}”"
        if not expected:
            found = _begun(rule, mode, on)
            if found:
                return f"expected nothing to be said of {mode} yet, the rule says {found}"
            continue
        payload = dict(rule.spends_on[mode].value(facts, on).payload or {})
        steps = payload.pop("steps", None)
        if isinstance(steps, Steps):
            if steps.measure not in expected:
                return f"expected {mode} {dict(expected)}, the rule has steps by {steps.measure}"
            payload.update(
                steps.at(expected[steps.measure]) or {}, **{steps.measure: expected[steps.measure]}
            )
        wrong = {key: payload.get(key) for key in expected if payload.get(key) != expected[key]}
        if wrong:
            return f"expected {mode} {dict(expected)}, the rule says {wrong}"
    return None


def _begun(rule: Rule, mode: str, on: dt.date) -> dt.date | None:
    """Return the first day of what a right is spent on, if it has come."""
    first = rule.spends_on[mode].first_on
    return first if first <= on else None


def _changes_on(rule: Rule, facts: Facts, on: dt.date, wanted: dt.date | None) -> str | None:
    found = rule.eligible.next_change(facts, on)
    return None if found == wanted else f"expected a change on {wanted}, the rule says {found}"


def _asks_for(rule: Rule, facts: Facts, on: dt.date, wanted: list[str]) -> str | None:
    found = sorted(rule.may_have(facts, on).missing)
    return (
        None if found == sorted(wanted) else f"expected to ask for {wanted}, the rule asks {found}"
    )


_CHECKS: Mapping[str, Check] = {
    "expect": _expect,
    "holds": _holds,
    "gives": _gives,
    "spends": _spends,
    "changes_on": _changes_on,
    "asks_for": _asks_for,
}
