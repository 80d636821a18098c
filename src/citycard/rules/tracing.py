"""Deciding with a trace: what every step of a rule answered, kept so cheaply that it always can be.

``condition.at(on)`` stops at the first step that settles the answer. A tracer asks every word once
and keeps the answers in the rule's order; what joins words follows from them, and the reason is
read from the trace without asking again.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from citycard.rules.condition import AllOf, AnyOf, Condition, Not, Test, _Joined
from citycard.rules.facts import Facts
from citycard.rules.kleene import Verdict
from citycard.rules.reasons import Because

Answers = Sequence[int]
_Join = Callable[[Answers], int]


class Trace(NamedTuple):
    """An answer (-1 no, 0 unknown, 1 yes) and those of the rule's words, in the rule's order."""

    answer: int
    words: tuple[int, ...]


class Tracer:
    """A condition on one day, ready to be asked about many people."""

    def __init__(self, condition: Condition, on: dt.date) -> None:
        self.condition, self.on = condition, on
        self._tests: list[Test] = []
        self._join = self._compile(condition)

    def __call__(self, facts: Facts) -> Trace:
        """Decide one person."""
        words = tuple([test(facts) for test in self._tests])
        return Trace(self._join(words), words)

    def _compile(self, condition: Condition) -> _Join:
        """Return how a condition's answer follows from those of the words."""
        if not isinstance(condition, _Joined):
            return itemgetter(self._ask(condition))
        if isinstance(condition, Not):
            (inner,) = (self._compile(part) for part in condition.parts)
            return lambda words: -inner(words)
        places: list[int] = []
        others: list[_Join] = []
        for part in _flat(condition):
            if isinstance(part, _Joined):
                others.append(self._compile(part))
            else:
                places.append(self._ask(part))
        return _extreme(_PICKS[type(condition)], places, others)

    def _ask(self, word: Condition) -> int:
        self._tests.append(word.at(self.on))
        return len(self._tests) - 1

    def because(self, trace: Trace, facts: Facts) -> Because:
        """Return the reason of a trace.

        :param facts: those that it was decided by, for the details of its steps
        """
        found, _ = self._because(self.condition, trace.words, facts)
        return found

    def _because(
        self, condition: Condition, words: Answers, facts: Facts
    ) -> tuple[Because, Answers]:
        children: list[Because] = []
        left = words
        if isinstance(condition, _Joined):
            for part in condition.parts:
                child, left = self._because(part, left, facts)
                children.append(child)
            verdict = _verdict(condition, children)
        else:
            verdict, left = Verdict.of(words[0]), words[1:]
        because = Because(
            word=condition.word,
            claim=condition.claim,
            verdict=verdict,
            detail=None if children else condition.detail(facts, self.on),
            reads=condition.reads,
            children=tuple(children),
        )
        return because, left


def _flat(condition: _Joined) -> Iterator[Condition]:
    """Yield the parts of a condition; those of one of its kind inside it are its own."""
    for part in condition.parts:
        if type(part) is type(condition):
            yield from _flat(part)
        else:
            yield part


_PICKS: Mapping[type[Condition], Callable[..., int]] = {AllOf: min, AnyOf: max}


def _extreme(pick: Callable[..., int], places: list[int], others: list[_Join]) -> _Join:
    if len(places) < 2:
        parts: list[_Join] = [*(itemgetter(place) for place in places), *others]
        return lambda words: pick([part(words) for part in parts])
    own: Callable[[Answers], Answers] = itemgetter(*places)
    if not others:
        return lambda words: pick(own(words))
    if len(others) == 1:
        (other,) = others
        return lambda words: pick(*own(words), other(words))
    return lambda words: pick(*own(words), *[other(words) for other in others])


def _verdict(condition: Condition, children: Sequence[Because]) -> Verdict:
    answers = [_NUMBERS[child.verdict] for child in children]
    if isinstance(condition, Not):
        return Verdict.of(-answers[0])
    return Verdict.of(_PICKS[type(condition)](answers))


_NUMBERS = {Verdict.of(number): number for number in (-1, 0, 1)}
