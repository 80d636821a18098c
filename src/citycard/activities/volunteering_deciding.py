"""From taps and organisers' words to shifts: pure, and the same whatever arrived first.

A shift is a stay (``kernel.pairing``) with the minutes that it counts. One that misses a sign-in or
a sign-out counts nothing.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from citycard.activities.volunteering_rule import ShiftRule
from citycard.kernel.pairing import Mark, Stay, Word, stays

ShiftState = Literal["counted", "too_short", "no_out", "no_in", "struck", "gone"]
RuleAt = Callable[[dt.datetime], ShiftRule]

_MISSING: dict[str, ShiftState] = {"in": "no_in", "out": "no_out"}


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
    return [_decided(stay, rule_at) for stay in stays(marks, words, rule_at)]


def _decided(stay: Stay, rule_at: RuleAt) -> Decided:
    minutes = 0
    state: ShiftState = "struck"
    if stay.missing:
        state = _MISSING[stay.missing]
    elif not stay.struck and stay.starts_at and stay.ends_at:
        minutes = rule_at(stay.starts_at).minutes(stay.ends_at - stay.starts_at)
        state = "counted" if minutes else "too_short"
    return Decided(
        key=stay.key,
        place=stay.place,
        starts_at=stay.starts_at,
        ends_at=stay.ends_at,
        minutes=minutes,
        state=state,
        word_id=stay.word_id,
    )
