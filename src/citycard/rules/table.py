"""A city's entitlements as rules: who may have what, from when, what it gives and what that may be
spent on."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from citycard.infra.packs.texts import Text
from citycard.rules.condition import Condition, Not, Test, all_of
from citycard.rules.dated import Dated, Valued, read_dated
from citycard.rules.facts import Facts, earliest
from citycard.rules.kleene import Verdict
from citycard.rules.mistakes import BadRule, NotYetInForce, Path
from citycard.rules.reading import Node, read_condition
from citycard.rules.reasons import Because
from citycard.rules.vocabulary import Vocabulary
from citycard.rules.words_age import Alive
from citycard.rules.words_standing import Approved

LAW, APPLICATION = "law", "application"


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes, no or unknown, and why; the reason is worked out only when somebody asks for it."""

    verdict: Verdict
    condition: Condition = field(repr=False)
    facts: Facts = field(repr=False)
    on: dt.date

    @property
    def because(self) -> Because:
        """The tree of reasons."""
        return self.condition.because(self.facts, self.on)

    @property
    def missing(self) -> frozenset[str]:
        """The facts that would have to be known for a yes or a no."""
        return self.because.missing()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One entitlement.

    ``eligible`` is the law's part: who may have it. ``holds`` adds, for an entitlement that is
    granted by application, that the city approved one. Both end with the holder's life, and give
    way to an entitlement that they exclude once that was approved.
    """

    code: str
    name: Text
    source: str
    granted_by: str
    since: dt.date
    eligible: Condition
    holds: Condition
    gives: Mapping[str, Dated]
    spends_on: Mapping[str, Dated]
    settings: Mapping[str, Any]

    @property
    def reads(self) -> frozenset[str]:
        """Every fact that deciding it may need: what ``people`` is asked for, and nothing else."""
        values = (each.reads for each in (*self.gives.values(), *self.spends_on.values()))
        return self.holds.reads.union(*values)

    def may_have(self, facts: Facts, on: dt.date) -> Decision:
        """Decide whether a person is eligible on a day.

        :raises NotYetInForce: before the entitlement began.
        """
        return self._decide(self.eligible, facts, on)

    def has(self, facts: Facts, on: dt.date) -> Decision:
        """Decide whether a person has it on a day, approval included.

        :raises NotYetInForce: before the entitlement began.
        """
        return self._decide(self.holds, facts, on)

    def _decide(self, condition: Condition, facts: Facts, on: dt.date) -> Decision:
        self.require_in_force(on)
        return Decision(condition.holds(facts, on), condition, facts, on)

    def require_in_force(self, on: dt.date) -> None:
        """Refuse a day before the entitlement began.

        :raises NotYetInForce: with the first day.
        """
        if on < self.since:
            raise NotYetInForce(self.code, on, self.since)

    def gift(self, name: str, facts: Facts, on: dt.date) -> Valued:
        """Return what it gives, such as ``subsidy_points_each_month``, to a person on a day."""
        return self.gives[name].value(facts, on)

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        """Return the first day after ``on`` on which the answer or a gift could be another, by
        time alone."""
        values = (each.next_change(facts, on) for each in self.gives.values())
        start = self.since if self.since > on else None
        return earliest([start, self.holds.next_change(facts, on), *values])


@dataclass(frozen=True)
class RuleTable:
    """All entitlements of a city, ready to decide many people on one day."""

    rules: Mapping[str, Rule]

    def __getitem__(self, code: str) -> Rule:
        return self.rules[code]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every fact that any of the rules may need."""
        return frozenset().union(*(rule.reads for rule in self))

    def in_force(self, on: dt.date) -> tuple[Rule, ...]:
        """Return the entitlements that exist on a day."""
        return tuple(rule for rule in self if rule.since <= on)

    def compile(
        self, on: dt.date, codes: Iterable[str] | None = None
    ) -> Callable[[Facts], dict[str, int]]:
        """Return a function that decides one person for a whole table: -1 no, 0 unknown, 1 yes.

        Bind the day once, then call it for every person of a population.
        """
        tests = self._tests(on, None if codes is None else tuple(codes))

        def decide(facts: Facts) -> dict[str, int]:
            return {code: test(facts) for code, test in tests}

        return decide

    @lru_cache(maxsize=64)  # noqa: B019  a pack's table lives as long as the process
    def _tests(self, on: dt.date, codes: tuple[str, ...] | None) -> tuple[tuple[str, Test], ...]:
        rules = self.in_force(on)
        return tuple((r.code, r.holds.at(on)) for r in rules if codes is None or r.code in codes)

    def __hash__(self) -> int:
        return id(self)

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        """Return the first day after ``on`` on which any of the answers could be another."""
        return earliest(rule.next_change(facts, on) for rule in self)


def read_rules(
    table: Mapping[str, Any], *, names: Vocabulary, only: str | None = None
) -> RuleTable:
    """Read ``entitlements.yaml``, or one entitlement of it.

    :raises BadRule: with the path to what can't be read.
    """
    root = Node(table, (), names)
    codes = table if only is None else [only]
    return RuleTable({code: _rule(root.below(code)) for code in codes})


def _rule(node: Node) -> Rule:
    code, about = str(node.path[-1]), node.value
    who = read_condition(about["who"], names=node.names, path=(*node.path, "who"))
    eligible = all_of([Alive(), who, *_excluded(node)])
    granted_by = about["granted_by"]
    approval = [Approved(code, node.names.entitlements[code])] if granted_by == APPLICATION else []
    return Rule(
        code=code,
        name=Text.read(about["name"]),
        source=str(about["source"]),
        granted_by=granted_by,
        since=about["since"],
        eligible=eligible,
        holds=all_of([*approval, eligible]),
        gives=_values(node, "gives"),
        spends_on=_values(node, "spends_on"),
        settings={k: v for k, v in about.items() if k not in {"who", "gives", "spends_on"}},
    )


def _excluded(node: Node) -> list[Condition]:
    if "excludes" not in node.value:
        return []
    codes = node.below("excludes").some("entitlement", node.names.entitlements)
    return [Not((Approved(code, node.names.entitlements[code]),)) for code in codes]


def _values(node: Node, key: str) -> dict[str, Dated]:
    if key not in node.value:
        return {}
    below = node.below(key)
    path: Path = below.path
    if not isinstance(below.value, Mapping):
        raise BadRule(f"“{key}” should map names to dated values", path)
    return {name: _since_it_began(node, below.below(name), key) for name in below.value}


def _since_it_began(node: Node, rows: Node, key: str) -> Dated:
    dated = read_dated(rows, f"{node.path[-1]}.{key}.{rows.path[-1]}")
    if dated.first_on < node.value["since"]:
        rows.below(0).refuse(f"{dated.first_on} is before {node.value['since']}, when it began")
    return dated
