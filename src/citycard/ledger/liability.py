"""What is outstanding: points that people have or that are on their way, by fund, last day and
age; and how much of it will probably lapse, by what lapsed of lots whose last day has passed."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from citycard.infra.database import rows
from citycard.ledger import clearing
from citycard.ledger.clearing import LotSum
from citycard.ledger.funding import every_fund
from citycard.ledger.month_sums import month_sums
from citycard.ledger.months import months


@dataclass(frozen=True, kw_only=True)
class Outstanding:
    """What is outstanding of one fund with one last day.

    :ivar last_day: None never lapses
    :ivar by_age: booking month of issue → amount, oldest first; the oldest are taken to be spent
        first. What was got by exchange or reversal counts from its own month
    :ivar expected_to_lapse: None when no lot of the unit has come to its last day yet
    """

    fund: int
    agency: str
    campaign_ref: str
    unit: str
    last_day: dt.date | None
    amount: int
    by_age: Mapping[dt.date, int]
    expected_to_lapse: int | None


@dataclass(frozen=True, kw_only=True)
class LapseHistory:
    """What became of a unit's lots whose last day has passed."""

    unit: str
    issued: int
    lapsed: int

    @property
    def share(self) -> float:
        """Return which part of what was issued lapsed."""
        return min(1.0, max(0.0, self.lapsed / self.issued)) if self.issued > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Liability:
    """All that is outstanding at the moment, and the history that the expectation rests on."""

    on: dt.date
    lines: Sequence[Outstanding]
    history: Mapping[str, LapseHistory]


def liability(*, on: dt.date) -> Liability:
    """Return what is outstanding now.

    Expected to lapse is, of each fund and last day, the share that lapsed of all lots of the unit
    that have come to their last day, of what was issued, and no more than what is left.

    :param on: the local day it is: lots whose last day has passed are history
    """
    issues = _issues()
    history = _history(issues, on)
    funds = every_fund()
    lines = []
    for (fund, last), amount in _left().items():
        issued = issues.get((fund, last), {})
        unit = funds[fund].unit
        lines.append(
            Outstanding(
                fund=fund,
                agency=funds[fund].agency,
                campaign_ref=funds[fund].campaign_ref,
                unit=unit,
                last_day=last,
                amount=amount,
                by_age=by_age(amount, {month: it.issued for month, it in issued.items()}),
                expected_to_lapse=_expected(amount, last, issued.values(), history.get(unit)),
            )
        )
    return Liability(on=on, lines=lines, history=history)


def by_age(amount: int, issued: Mapping[dt.date, int]) -> dict[dt.date, int]:
    """Share what is left among the months of its issue: the newest are what is left, for the
    oldest is spent first. What no month explains stands in the oldest."""
    found: dict[dt.date, int] = {}
    for month in sorted(issued, reverse=True):
        part = min(max(issued[month], 0), amount)
        if part:
            found[month] = part
            amount -= part
    if amount and issued:
        oldest = min(issued)
        found[oldest] = found.get(oldest, 0) + amount
    return dict(sorted(found.items()))


def _expected(
    amount: int, last: dt.date | None, issued: Iterable[LotSum], history: LapseHistory | None
) -> int | None:
    if last is None:
        return 0
    if history is None:
        return None
    return min(amount, round(history.share * max(sum(it.issued for it in issued), 0)))


Issues = dict[tuple[int, dt.date | None], dict[dt.date, LotSum]]


def _issues() -> Issues:
    """Return what came into and went out of lots, by fund and last day, month by month: from the
    closings that stand, and of open months by looking."""
    found: Issues = defaultdict(dict)
    closed = set()
    for row in rows(
        "SELECT c.month, l.fund, nullif(l.last_day, 'infinity') AS last_day, f.unit, l.issued,"
        " l.redeemed, l.lapsed FROM ledger_closing_lot l"
        " JOIN ledger_closing c ON c.id = l.closing_id AND c.reopened_at IS NULL"
        " JOIN ledger_fund f ON f.id = l.fund"
    ):
        closed.add(row.month)
        fields = row._asdict()
        month = fields.pop("month")
        found[row.fund, row.last_day][month] = LotSum(**fields)
    for each in months():
        if each.month not in closed:
            for lot in clearing.lot_sums_of(month_sums(each.month)):
                found[lot.fund, lot.last_day][each.month] = lot
    return found


def _history(issues: Issues, on: dt.date) -> dict[str, LapseHistory]:
    issued: defaultdict[str, int] = defaultdict(int)
    lapsed: defaultdict[str, int] = defaultdict(int)
    for (_, last), by_month in issues.items():
        for lot in by_month.values() if last is not None and last < on else ():
            issued[lot.unit] += lot.issued
            lapsed[lot.unit] += lot.lapsed
    return {
        unit: LapseHistory(unit=unit, issued=issued[unit], lapsed=lapsed[unit]) for unit in issued
    }


def _left() -> dict[tuple[int, dt.date | None], int]:
    found = rows(
        "SELECT a.fund, nullif(a.expires_on, 'infinity') AS last_day, sum(b.amount)::bigint AS left"
        " FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id"
        " WHERE a.class IN ('member', 'held') AND b.amount > 0"
        " GROUP BY a.fund, a.expires_on ORDER BY a.fund, a.expires_on"
    )
    return {(row.fund, row.last_day): row.left for row in found}
