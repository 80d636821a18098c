"""Points whose last day has passed lapse: back to their fund's budget, or to nobody, by the pack.

What is held is left alone: it is on its way, and has its day of grace if it comes back. A lot that
gets points after it has lapsed lapses again.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import execute, rows, scalar
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import booking
from citycard.ledger.columns import AccountColumns, MoveColumns, Outcome, move_columns
from citycard.ledger.events import PointsLapsed
from citycard.ledger.lasting import days_heard, expiry_rule

KIND = "points.lapsed"
_A_MOMENT = dt.timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Lapsed:
    """Points of one lot that lapsed."""

    holder: int
    unit: str
    fund: int
    last_day: dt.date
    amount: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LapseBatch:
    """What one batch did.

    :ivar after: where the next batch begins; None when nothing is left
    """

    lapsed: tuple[Lapsed, ...]
    after: tuple[dt.date, int] | None


def lapse_many(
    *,
    on: dt.date,
    now: dt.datetime,
    actor: Actor,
    limit: int = 1000,
    after: tuple[dt.date, int] | None = None,
) -> LapseBatch:
    """Let points lapse whose last day was before a local day; run again, it finds nothing.

    Lots of a unit that hears late uploads wait for the pack's days of grace first.
    Each lapse is dated the end of the lot's last day, or ``now`` where points came in later. A lot
    that somebody moves at the same moment is left for the next run. A person's lots of one day
    are in one batch. Announces ``ledger.points.lapsed`` where the pack tells people.

    :param limit: about how many lots
    :param after: where the batch before ended
    """
    require_unit_of_work()
    due = _due(on, limit, after)
    rules = {unit: expiry_rule(unit) for unit in {lot.unit for lot in due}}
    ends = {day: booking.end_of(day) - _A_MOMENT for day in {lot.expires_on for lot in due}}
    ats = [_dated(lot, ends[lot.expires_on], now) for lot in due]
    to_city = [rules[lot.unit].get("lapsed_to") == "city" for lot in due]
    posted = move_columns(columns=_moves(due, ats, to_city), actor=actor, now=now)
    lapsed = tuple(
        _lapsed(lot)
        for lot, outcome in zip(due, posted.outcomes, strict=True)
        if outcome == Outcome.POSTED
    )
    _announce([lot for lot in lapsed if rules[lot.unit].get("tell_lapsed")])
    if len(due) < limit:
        _note_run(on, now, actor)
        return LapseBatch(lapsed=lapsed, after=None)
    return LapseBatch(lapsed=lapsed, after=(due[-1].expires_on, due[-1].holder))


def has_lapsed(*, on: dt.date) -> bool:
    """Tell whether a day's run, or a later day's, came to its end."""
    return bool(scalar("SELECT EXISTS (SELECT FROM ledger_lapse_run WHERE day >= %s)", [on]))


def _due(on: dt.date, limit: int, after: tuple[dt.date, int] | None) -> list[Any]:
    day, holder = after or (dt.date.min, 0)
    heard = days_heard()
    return rows(
        "SELECT id, holder, unit, fund, expires_on, amount, newest, times"
        " FROM ledger_due_lots(%s, %s, %s, %s, %s::text[], %s::integer[])",
        [on, day, holder, limit, list(heard), list(heard.values())],
    )


def _dated(lot: Any, end: dt.datetime, now: dt.datetime) -> dt.datetime:
    return end if lot.newest is None or lot.newest <= end else now


def _moves(due: Sequence[Any], ats: Sequence[dt.datetime], to_city: Sequence[bool]) -> MoveColumns:
    units, funds = [lot.unit for lot in due], [lot.fund for lot in due]
    return MoveColumns(
        key=[fact_key(at, KIND, lot.id, lot.times) for at, lot in zip(ats, due, strict=True)],
        at=ats,
        kind=KIND,
        source=AccountColumns(
            account_class="member",
            unit=units,
            holder=[lot.holder for lot in due],
            fund=funds,
            expires_on=[lot.expires_on for lot in due],
        ),
        target=AccountColumns(
            account_class=["breakage" if city else "budget" for city in to_city],
            unit=units,
            fund=[None if city else fund for fund, city in zip(funds, to_city, strict=True)],
        ),
        amount=[lot.amount for lot in due],
    )


def _lapsed(lot: Any) -> Lapsed:
    return Lapsed(
        holder=lot.holder,
        unit=lot.unit,
        fund=lot.fund,
        last_day=lot.expires_on,
        amount=lot.amount,
    )


def _announce(lapsed: Sequence[Lapsed]) -> None:
    sums: dict[tuple[str, dt.date], Counter[int]] = {}
    for one in lapsed:
        sums.setdefault((one.unit, one.last_day), Counter())[one.holder] += one.amount
    announce(
        *(
            PointsLapsed(
                unit=unit,
                last_day=day,
                member_ids=tuple(people),
                points=tuple(people.values()),
            )
            for (unit, day), people in sums.items()
        )
    )


def _note_run(on: dt.date, now: dt.datetime, actor: Actor) -> None:
    execute(
        "INSERT INTO ledger_lapse_run (day, finished_at, actor) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [on, now, actor.id],
    )
