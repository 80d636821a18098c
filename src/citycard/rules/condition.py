"""What every condition word has in common, and the three words that join others."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from citycard.infra.packs.texts import Text
from citycard.rules.facts import Facts, earliest
from citycard.rules.kleene import NO, UNKNOWN, YES, Verdict
from citycard.rules.reasons import Because

Test = Callable[[Facts], int]


class Condition:
    """A word of the rule language with its argument: data that can be asked, explained and dated.

    ``at(on)`` is the one thing a word must do: bind the day and return a plain function from facts
    to
    -1, 0 or 1. Everything that depends on the day alone is worked out there, once, so that
    deciding a person is a few dictionary look-ups. A whole population will be decided by a second
    compiler that walks the same objects (they are plain data) and writes SQL; a word's meaning
    therefore never changes.
    """

    word: ClassVar[str]
    takes: ClassVar[str]
    example: ClassVar[str]

    @property
    def reads(self) -> frozenset[str]:
        """The names of the facts that this condition looks at, and no others."""
        raise NotImplementedError

    @property
    def claim(self) -> Text:
        """What the condition says, as a short phrase."""
        raise NotImplementedError

    def at(self, on: dt.date) -> Test:
        """Return the test for one day."""
        raise NotImplementedError

    def detail(self, facts: Facts, on: dt.date) -> Text | None:
        """Say more about this person, such as the day on which an age is reached."""
        return None

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        """Return the first day after ``on`` on which the answer could be another, by time alone."""
        return None

    def holds(self, facts: Facts, on: dt.date) -> Verdict:
        """Answer for one person on one day."""
        return Verdict.of(self.at(on)(facts))

    def because(self, facts: Facts, on: dt.date) -> Because:
        """Explain the answer."""
        return Because(
            word=self.word,
            claim=self.claim,
            verdict=self.holds(facts, on),
            detail=self.detail(facts, on),
            reads=self.reads,
        )


@dataclass(frozen=True)
class _Joined(Condition):
    parts: tuple[Condition, ...]

    @property
    def reads(self) -> frozenset[str]:
        return frozenset().union(*(part.reads for part in self.parts))

    def next_change(self, facts: Facts, on: dt.date) -> dt.date | None:
        return earliest(part.next_change(facts, on) for part in self.parts)

    def because(self, facts: Facts, on: dt.date) -> Because:
        return Because(
            word=self.word,
            claim=self.claim,
            verdict=self.holds(facts, on),
            reads=self.reads,
            children=tuple(part.because(facts, on) for part in self.parts),
        )


class AllOf(_Joined):
    """Every one of the conditions holds."""

    word = "all"
    takes = "a list of conditions"
    example = "all: [{registered_in: newtown}, {age_at_least: 65}]"
    claim = Text("全部符合", "all of these")

    def at(self, on: dt.date) -> Test:
        tests = [part.at(on) for part in self.parts]

        def test(facts: Facts) -> int:
            worst = YES
            for each in tests:
                value = each(facts)
                if value < worst:
                    if value == NO:
                        return NO
                    worst = value
            return worst

        return test


class AnyOf(_Joined):
    """At least one of the conditions holds."""

    word = "any"
    takes = "a list of conditions"
    example = "any: [{age_below: 7}, {has_status: low-income}]"
    claim = Text("符合其一", "any of these")

    def at(self, on: dt.date) -> Test:
        tests = [part.at(on) for part in self.parts]

        def test(facts: Facts) -> int:
            best = NO
            for each in tests:
                value = each(facts)
                if value > best:
                    if value == YES:
                        return YES
                    best = value
            return best

        return test


class Not(_Joined):
    """The condition does not hold; unknown stays unknown."""

    word = "not"
    takes = "a condition"
    example = "not: {approved: disability-rides}"

    @property
    def claim(self) -> Text:
        """What must not be the case."""
        (inner,) = (part.claim for part in self.parts)
        return Text(f"並非：{inner.zh}", f"not: {inner.en}")

    def at(self, on: dt.date) -> Test:
        (inner,) = (part.at(on) for part in self.parts)
        return lambda facts: -inner(facts)


@dataclass(frozen=True)
class Anyone(Condition):
    """Everybody, whoever they are."""

    word = "anyone"
    takes = "`true`"
    example = "anyone: true"
    claim = Text("不限身分", "anyone")
    reads = frozenset[str]()

    def at(self, on: dt.date) -> Test:
        return lambda facts: YES


def all_of(parts: Iterable[Condition]) -> Condition:
    """Join conditions that must all hold; a single one stands alone."""
    gathered = tuple(parts)
    return gathered[0] if len(gathered) == 1 else AllOf(gathered)


def single_fact(name: str, judge: Callable[[Any], bool]) -> Test:
    """Return a test of one fact that is unknown when it is absent."""

    def test(facts: Facts) -> int:
        value = facts.get(name)
        if value is None:
            return UNKNOWN
        return YES if judge(value) else NO

    return test
