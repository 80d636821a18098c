"""How much of each use is taken from a month's allowance. Pure: no database, no clock."""

import datetime as dt
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from citycard.entitlements.allowances_deciding import room_on
from citycard.entitlements.allowances_values import Why


@dataclass(slots=True)
class Purse:
    """A person's month while a batch is decided.

    :ivar closed: its days of grace are over: uses may only take what others give back
    :ivar by_limit: part of the month → what is used of it and the most; None: no such part
    """

    amount: int
    used: int
    starts_on: dt.date
    ends_on: dt.date | None
    closed: bool = False
    given_back: int = 0
    by_limit: MutableMapping[str, list[int]] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """Return what may still be used."""
        return max(0, self.amount - self.used)


class Wish(NamedTuple):
    """What one use should come to.

    :ivar had: what is posted for it now
    :ivar cap: the most that one use may take, where the rule says so
    """

    n: int
    day: dt.date
    points: int
    had: int
    cap: int | None
    limit: str | None
    whole: bool


def take(purse: Purse, wishes: Sequence[Wish]) -> dict[int, tuple[int, Why]]:
    """Return what each use is given, and why less; what is taken back is there for the others.

    Those that get less come first, then the rest in the order asked.
    """
    given: dict[int, tuple[int, Why]] = {}
    asked: list[tuple[Wish, int, Why]] = []
    for wish in wishes:
        points, why = _capped(wish)
        if points > wish.had:
            asked.append((wish, points, why))
            continue
        _change(purse, wish, points - wish.had)
        given[wish.n] = points, why
    for wish, points, why in asked:
        more, short = _more(purse, wish, points - wish.had)
        _change(purse, wish, more)
        given[wish.n] = wish.had + more, short or why
    return given


def _capped(wish: Wish) -> tuple[int, Why]:
    if wish.cap is not None and wish.points > wish.cap:
        return wish.cap, "cap"
    return wish.points, ""


def _more(purse: Purse, wish: Wish, wanted: int) -> tuple[int, Why]:
    most, why = _most(purse, wish)
    if most >= wanted:
        return wanted, ""
    return (0 if wish.whole else most), why


def _most(purse: Purse, wish: Wish) -> tuple[int, Why]:
    """Return how much more a use may take, and what it is that keeps it from taking more."""
    room, why = room_on(wish.day, purse.amount, purse.starts_on, purse.ends_on)
    most = max(0, room - purse.used)
    bound: Why = why or "used_up"  # type: ignore[assignment]  # room_on says one of Why
    if purse.closed and purse.given_back < most:
        most, bound = purse.given_back, "too_late"
    part = purse.by_limit.get(wish.limit or "") if purse.by_limit else None
    if part is not None and part[1] - part[0] < most:
        most, bound = max(0, part[1] - part[0]), "limit"
    return most, bound


def _change(purse: Purse, wish: Wish, points: int) -> None:
    purse.used += points
    purse.given_back -= points
    if purse.by_limit and (part := purse.by_limit.get(wish.limit or "")) is not None:
        part[0] += points


def spread_back(moved: Mapping[int, int] | Sequence[int], points: int) -> list[tuple[int, int]]:
    """Return from which of a use's moves points come back, the last one first: (place, points)."""
    parts = []
    for place in range(len(moved) - 1, -1, -1):
        part = min(moved[place], points)
        if part:
            parts.append((place, part))
            points -= part
    assert points == 0, "more was taken back than was spent"
    return parts
