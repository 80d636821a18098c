"""From taps and organisers' words to shifts: pure, and the same whatever arrived first.

Taps are read in their own order (time, reader, epoch, sequence). What an organiser said about a
shift stands: the taps that it covers begin and end no other shift. A sign-in without a sign-out (or
the other way round) is flagged and counts nothing: nobody guesses.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from citycard.activities.volunteering_rule import Direction, ShiftRule

ShiftState = Literal["counted", "too_short", "no_out", "no_in", "struck", "gone"]
RuleAt = Callable[[dt.datetime], ShiftRule]


class Mark(NamedTuple):
    """A tap at a volunteers' reader; marks sort in their own order."""

    at: dt.datetime
    reader_id: int
    epoch: int
    seq: int
    key: uuid.UUID
    direction: Direction
    place: str


@dataclass(frozen=True, kw_only=True)
class Word:
    """What an organiser said about a shift; of several the one with the highest id counts."""

    id: int
    shift_key: uuid.UUID
    place: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    struck: bool
    covers_from: dt.datetime
    covers_to: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A shift as it follows from what is known."""

    key: uuid.UUID
    place: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    minutes: int
    state: ShiftState
    word_id: int | None = None


def decide(marks: Iterable[Mark], words: Sequence[Word], rule_at: RuleAt) -> list[Decided]:
    """Return a volunteer's shifts at one organiser."""
    newest = {word.shift_key: word for word in sorted(words, key=lambda word: word.id)}
    said = [_said(word, rule_at) for word in newest.values()]
    free = [mark for mark in marks if not any(_covers(word, mark) for word in words)]
    return said + _paired(sorted(free), rule_at)


def _covers(word: Word, mark: Mark) -> bool:
    return mark.key == word.shift_key or word.covers_from <= mark.at <= word.covers_to


def _said(word: Word, rule_at: RuleAt) -> Decided:
    state: ShiftState = "no_out"
    minutes = 0
    if word.struck:
        state = "struck"
    elif word.ends_at is not None:
        minutes = rule_at(word.starts_at).minutes(word.ends_at - word.starts_at)
        state = "counted" if minutes else "too_short"
    return Decided(
        key=word.shift_key,
        place=word.place,
        starts_at=word.starts_at,
        ends_at=word.ends_at,
        minutes=minutes,
        state=state,
        word_id=word.id,
    )


def _paired(marks: Sequence[Mark], rule_at: RuleAt) -> list[Decided]:
    found: list[Decided] = []
    begun: Mark | None = None
    last: Mark | None = None
    for mark in marks:
        if last is not None and _same_tap(last, mark, rule_at):
            continue
        last = mark
        if begun is not None and _ends(begun, mark, rule_at):
            found.append(_shift(begun, mark, rule_at))
            begun = None
            continue
        if begun is not None:
            found.append(_flagged(begun, "no_out"))
            begun = None
        if mark.direction == "out":
            found.append(_flagged(mark, "no_in"))
        else:
            begun = mark
    return [*found, _flagged(begun, "no_out")] if begun is not None else found


def _same_tap(last: Mark, mark: Mark, rule_at: RuleAt) -> bool:
    soon = dt.timedelta(minutes=rule_at(last.at).same_tap)
    return mark.direction == last.direction and mark.at - last.at < soon


def _ends(begun: Mark, mark: Mark, rule_at: RuleAt) -> bool:
    longest = dt.timedelta(minutes=rule_at(begun.at).longest)
    return mark.direction != "in" and mark.at - begun.at <= longest


def _shift(begun: Mark, ended: Mark, rule_at: RuleAt) -> Decided:
    minutes = rule_at(begun.at).minutes(ended.at - begun.at)
    return Decided(
        key=begun.key,
        place=begun.place,
        starts_at=begun.at,
        ends_at=ended.at,
        minutes=minutes,
        state="counted" if minutes else "too_short",
    )


def _flagged(mark: Mark, state: Literal["no_out", "no_in"]) -> Decided:
    return Decided(
        key=mark.key,
        place=mark.place,
        starts_at=mark.at if state == "no_out" else None,
        ends_at=mark.at if state == "no_in" else None,
        minutes=0,
        state=state,
    )
