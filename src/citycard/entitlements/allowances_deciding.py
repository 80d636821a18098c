"""From a person's rights and facts to a month's allowance. Pure: no database, no clock."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from citycard.entitlements.allowances_table import Counting
from citycard.kernel.periods import next_month
from citycard.rules.api import Valued


class Held(NamedTuple):
    """Days on which a right is held."""

    entitlement: str
    start: dt.date
    end: dt.date | None


class Span(NamedTuple):
    """The days of a month on which an allowance may be used, and by which right.

    :ivar begun: the right's first day, where that lies within the month
    """

    entitlement: str
    starts_on: dt.date
    ends_on: dt.date | None
    begun: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """A month's allowance as the rule has it."""

    entitlement: str
    amount: int
    starts_on: dt.date
    ends_on: dt.date | None
    returned: bool
    decided_on: dt.date
    because: str

    @property
    def standing(self) -> int:
        """What the person has of it when nothing is used."""
        return 0 if self.returned else self.amount


def span_of(held: Sequence[Held], month: dt.date, order: Mapping[str, int]) -> Span | None:
    """Return the days of a month on which any of some rights is held, and the one that counts.

    Of several rights of one unit the first of the month gives it, by the pack's order where two
    begin together: one allowance a person, unit and month. A gap between two is passed over.
    """
    after = next_month(month)
    inside = [one for one in held if one.start < after and (one.end is None or one.end > month)]
    if not inside:
        return None
    first = min(inside, key=lambda one: (max(one.start, month), order[one.entitlement]))
    ends = [one.end for one in inside if one.end is not None and one.end < after]
    return Span(
        first.entitlement,
        max(first.start, month),
        max(ends) if len(ends) == len(inside) else None,
        first.start > month,
    )


def share_of(amount: int, span: Span, month: dt.date, counting: Counting) -> int:
    """Return a month's amount for a right that may begin within it; parts are rounded up."""
    if not span.begun or counting.begun == "full":
        return amount
    if counting.begun == "next_month":
        return 0
    days = (next_month(month) - month).days
    left = (next_month(month) - span.starts_on).days
    return -(-amount * left // days)


def sure_amount(valued: Valued) -> int:
    """Return the amount of a dated value; where facts are missing, what is given in any case."""
    if valued.payload is not None:
        return int(valued.payload["amount"])
    return min((int(row.payload["amount"]) for row in valued.open_rows), default=0)


def room_on(
    day: dt.date, amount: int, starts_on: dt.date, ends_on: dt.date | None
) -> tuple[int, str]:
    """Return how much of a month may be used on a day, and why none."""
    if day < starts_on:
        return 0, "before_right"
    if ends_on is not None and day >= ends_on:
        return 0, "after_right"
    return amount, ""


Facts = Mapping[str, Any]
Amounts = Callable[[Facts], Valued]
