"""Pairing of sign-ins with sign-outs: from what readers saw and somebody said to stays.

Marks are read in their own order (time, reader, epoch, sequence), so the result is the same
whatever arrived first. What was said about a stay stands: the marks that it covers begin and end no
other. A sign-in without a sign-out, or the other way round, misses something: nobody guesses.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple, Protocol

Direction = Literal["in", "out", "either"]
Missing = Literal["", "in", "out"]


class Mark(NamedTuple):
    """A tap at a reader where people sign in or out; marks sort in their own order."""

    at: dt.datetime
    reader_id: int
    epoch: int
    seq: int
    key: uuid.UUID
    direction: Direction
    place: str


class Word(NamedTuple):
    """What somebody responsible said about a stay; of several the one with the highest id counts.

    :ivar covers_from: marks from here to ``covers_to`` belong to this stay
    """

    id: int
    stay_key: uuid.UUID
    place: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    struck: bool
    covers_from: dt.datetime
    covers_to: dt.datetime


class Stay(NamedTuple):
    """A stay as it follows from what is known.

    :ivar key: of the mark that began it (or, without one, that ended it), or of the word's stay
    :ivar missing: which of its two ends nobody saw
    :ivar struck: a word says that there was none
    """

    key: uuid.UUID
    place: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    missing: Missing = ""
    struck: bool = False
    word_id: int | None = None


class PairingRule(Protocol):
    """How stays that begin on a day are paired, in minutes."""

    @property
    def longest(self) -> int:
        """Two marks further apart are no stay: somebody forgot to sign out."""

    @property
    def same_tap(self) -> int:
        """A second mark this soon after the first is the same one."""


RuleAt = Callable[[dt.datetime], PairingRule]


def stays(marks: Iterable[Mark], words: Sequence[Word], rule_at: RuleAt) -> list[Stay]:
    """Return somebody's stays at one organisation, those that words speak of first."""
    newest = {word.stay_key: word for word in sorted(words, key=lambda word: word.id)}
    said = [_said(word) for word in newest.values()]
    free = [mark for mark in marks if not any(_covers(word, mark) for word in words)]
    return said + _paired(sorted(free), rule_at)


def _covers(word: Word, mark: Mark) -> bool:
    return mark.key == word.stay_key or word.covers_from <= mark.at <= word.covers_to


def _said(word: Word) -> Stay:
    missing: Missing = "out" if word.ends_at is None and not word.struck else ""
    return Stay(
        word.stay_key, word.place, word.starts_at, word.ends_at, missing, word.struck, word.id
    )


def _paired(marks: Sequence[Mark], rule_at: RuleAt) -> list[Stay]:
    found: list[Stay] = []
    begun: Mark | None = None
    last: Mark | None = None
    for mark in marks:
        if last is not None and _same_tap(last, mark, rule_at):
            continue
        last = mark
        if begun is not None and _ends(begun, mark, rule_at):
            found.append(Stay(begun.key, begun.place, begun.at, mark.at))
            begun = None
            continue
        if begun is not None:
            found.append(Stay(begun.key, begun.place, begun.at, None, "out"))
            begun = None
        if mark.direction == "out":
            found.append(Stay(mark.key, mark.place, None, mark.at, "in"))
        else:
            begun = mark
    return [*found, Stay(begun.key, begun.place, begun.at, None, "out")] if begun else found


def _same_tap(last: Mark, mark: Mark, rule_at: RuleAt) -> bool:
    soon = dt.timedelta(minutes=rule_at(last.at).same_tap)
    return mark.direction == last.direction and mark.at - last.at < soon


def _ends(begun: Mark, mark: Mark, rule_at: RuleAt) -> bool:
    longest = dt.timedelta(minutes=rule_at(begun.at).longest)
    return mark.direction != "in" and mark.at - begun.at <= longest
