"""Freezing operators' statements with the closing of the books: once, and never changed."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from citycard.fares.point_uses import points_unit
from citycard.fares.settling import FIGURES, OperatorLine, added_up
from citycard.fares.statements import to_tell
from citycard.infra.database import execute, rows, statement
from citycard.infra.unit_of_work import require_unit_of_work


def freeze_statements(*, month: dt.date, version: int, now: dt.datetime) -> None:
    """Keep what a closing tells operators; one that is kept is left as it is.

    :param month: of the ledger's closing; its books take no more entries
    """
    require_unit_of_work()
    begun = execute(
        "INSERT INTO fares_closing (month, version, frozen_at) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [month, version, now],
    )
    if not begun:
        return
    for told, lines in to_tell(month).items():
        _keep(month, version, told, lines)
    booked = _booked(month)
    asked = {"month": month, "version": version}
    execute(
        statement(__file__, "keep_bookings"),
        asked | {"operators": list(booked), "booked": list(booked.values())},
    )


_KEEP = """
INSERT INTO fares_statement (closing_month, version, month, operator, rides, taps, due_micro,
                             collected_micro, difference_micro, points, subsidised_micro)
SELECT %s, %s, %s, s.* FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[],
                                   %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) AS s
"""
_KEEP_LINES = """
INSERT INTO fares_statement_line (closing_month, version, month, operator, route, ticket, rides,
                                  taps, due_micro, collected_micro, difference_micro, points,
                                  subsidies)
SELECT %s, %s, %s, l.operator, l.route, l.ticket, l.rides, l.taps, l.due, l.collected,
       l.difference, l.points, l.subsidies::jsonb
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],
            %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
     AS l(operator, route, ticket, rides, taps, due, collected, difference, points, subsidies)
"""


def _keep(closing: dt.date, version: int, month: dt.date, lines: Sequence[OperatorLine]) -> None:
    of = [closing, version, month]
    whole = [(it.operator, *_figures(it), sum(it.subsidies.values())) for it in _by_operator(lines)]
    execute(_KEEP, [*of, *_columns(whole)])
    each = [(*it.key, *_figures(it), json.dumps(it.subsidies)) for it in lines]
    execute(_KEEP_LINES, [*of, *_columns(each)])


def _columns(lines: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*lines, strict=True)]


def _by_operator(lines: Sequence[OperatorLine]) -> list[OperatorLine]:
    return added_up(
        OperatorLine(
            operator=it.operator, route="", ticket="", subsidies=it.subsidies,
            **dict(zip(FIGURES, _figures(it), strict=True)),
        )
        for it in lines
    )  # fmt: skip


def _figures(line: OperatorLine) -> list[int]:
    return [getattr(line, name) for name in FIGURES]


def _booked(month: dt.date) -> dict[str, int]:
    asked = {"month": month, "unit": points_unit()}
    return {one.operator: one.points for one in rows(statement(__file__, "booked_points"), asked)}
