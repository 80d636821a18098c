"""Operators' statements: frozen with the closing of the books, and what is other since then.

A closing tells each operator of the month's rides as they are then. It never changes. When a ride
of that month turns out to be another afterwards (a late tap, a right that was corrected), the next
closing tells the difference as a correction of its month.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from citycard.fares.months import months_with_rides
from citycard.fares.settling import OperatorLine, less, operator_month
from citycard.infra.database import row, rows, statement


@dataclass(frozen=True, kw_only=True)
class Booking:
    """How what a closing told an operator meets the ledger's clearing, in points.

    :ivar opening: carried over from the closing before
    :ivar points: what rides take, corrections among it; ``booked`` in the month's books
    :ivar carried: told and not booked when the month closed
    """

    operator: str
    opening: int
    points: int
    booked: int
    carried: int


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a closing told operators, or what one would tell now.

    :ivar version: of the month's closing; None: the month is open, the figures are today's
    :ivar lines: the month's rides
    :ivar earlier: by earlier month, newest first, what is told of it beside what was told before
    :ivar bookings: none for an open month
    """

    month: dt.date
    version: int | None
    frozen_at: dt.datetime | None
    lines: Sequence[OperatorLine]
    earlier: Mapping[dt.date, Sequence[OperatorLine]]
    bookings: Sequence[Booking] = ()


def operator_statement(*, month: dt.date) -> Statement:
    """Return what operators were told of a month, if it is closed, or what they would be now."""
    found = row(
        "SELECT f.version, f.frozen_at FROM fares_closing f JOIN pub.ledger_closings c"
        " ON c.month = f.month AND c.version = f.version AND c.reopened_at IS NULL"
        " WHERE f.month = %s",
        [month],
    )
    if found is None:
        told = to_tell(month)
        return Statement(
            month=month, version=None, frozen_at=None, lines=told.pop(month, []), earlier=told
        )
    return frozen_statement(month=month, version=found.version, frozen_at=found.frozen_at)


def frozen_statement(*, month: dt.date, version: int, frozen_at: dt.datetime) -> Statement:
    """Return what one version of a month's closing told operators."""
    asked = {"closing": month, "version": version}
    told = {
        of: [_line(one) for one in own]
        for of, own in groupby(rows(statement(__file__, "statement_lines"), asked), _month)
    }
    bookings = rows(
        "SELECT operator, opening, points, booked, carried FROM fares_statement_booking"
        " WHERE closing_month = %(closing)s AND version = %(version)s ORDER BY operator",
        asked,
    )
    return Statement(
        month=month,
        version=version,
        frozen_at=frozen_at,
        lines=told.pop(month, []),
        earlier=told,
        bookings=[Booking(**one._asdict()) for one in bookings],
    )


def since_told(*, month: dt.date) -> list[OperatorLine]:
    """Return what is other of a month's rides than all closings told so far: what the next one
    will tell."""
    return less(operator_month(month=month), _told(month, None))


def to_tell(month: dt.date) -> dict[dt.date, list[OperatorLine]]:
    """Return what a closing of a month tells: of it, and of earlier ones what is other since."""
    asked = {"month": month, "ridden": months_with_rides()}
    months = {one.month for one in rows(statement(__file__, "months_to_tell"), asked)}
    told = {}
    for of in sorted(months | {month}, reverse=True):
        lines = less(operator_month(month=of), _told(of, month))
        if lines:
            told[of] = lines
    return told


def _told(month: dt.date, before: dt.date | None) -> list[OperatorLine]:
    asked = {"month": month, "before": before}
    return [
        _line(one, _added(json.loads(one.subsidies)))
        for one in rows(statement(__file__, "frozen_lines"), asked)
    ]


def _added(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in parts:
        for column, micro in part.items():
            found[column] = found.get(column, 0) + micro
    return found


def _month(line: Any) -> dt.date:
    month: dt.date = line.month
    return month


def _line(one: Any, subsidies: Mapping[str, int] | None = None) -> OperatorLine:
    return OperatorLine(
        operator=one.operator, route=one.route, ticket=one.ticket, rides=one.rides,
        taps=one.taps, due_micro=one.due, collected_micro=one.collected,
        difference_micro=one.difference, points=one.points,
        subsidies=json.loads(one.subsidies) if subsidies is None else subsidies,
    )  # fmt: skip
