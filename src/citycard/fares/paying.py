"""How what is owed is paid: points of the allowance, then stored value, then cash."""

from typing import NamedTuple

import numpy as np

from citycard.fares.allowing import Wanted, paid
from citycard.fares.book import Book, PointsRow, PointsRule
from citycard.fares.tracing import Trace
from citycard.fares.values import NONE, Column, Flags, RideColumns


class Asked(NamedTuple):
    """What the points' rules want of each ride: of the allowance, and of the city's own grant.

    :ivar partial: whether a part will do, 1 or 0; NONE: as the city says for all uses
    """

    points: Column
    granted: Column
    category: Column
    partial: Column


class Bill(NamedTuple):
    """What points may pay of: the whole fare, what the person owes, and the sections it is for."""

    fare: Column
    owed: Column
    sections: Column


def ask_points(book: Book, rides: RideColumns, bill: Bill, full: Flags, trace: Trace) -> Asked:
    """Return what each ride would take in points; the first rule that holds says it."""
    size = len(rides)
    asked = Asked(
        np.zeros(size, dtype=np.int64),
        np.zeros(size, dtype=np.int64),
        np.full(size, NONE, dtype=np.int64),
        np.full(size, NONE, dtype=np.int64),
    )
    dates = _dates(rides)
    free = np.flatnonzero(full & (rides.marks & book.points.who != 0))
    for rule in book.points.rules:
        rows = free[(rides.marks[free] & rule.who != 0) & rule.scope[rides.line[free]]]
        if rule.ends is not None:
            rows = rows[rule.ends.hold(rides.origin[rows], rides.destination[rows])]
        row_of = rule.spans.at(dates[rows]) if len(rows) else rows
        for number, row in enumerate(rule.rows):
            here = rows[row_of == number]
            if len(here):
                _ask(asked, rule, row, here, bill, trace)
        free = free[asked.category[free] == NONE]
    return asked


def _dates(rides: RideColumns) -> Column:
    """Return the days by which the allowance goes: its months and caps are the calendar's, though
    a night bus belongs to the day before."""
    return np.where(rides.date == NONE, rides.day, rides.date)


def _ask(
    asked: Asked,
    rule: PointsRule,
    row: PointsRow,
    rows: Column,
    bill: Bill,
    trace: Trace,
) -> None:
    owed = bill.owed[rows]
    want = np.minimum(_wanted(row, bill.fare[rows], owed, bill.sections[rows]), owed)
    (asked.granted if rule.granted else asked.points)[rows] = want
    asked.category[rows] = rule.category
    if row.partial is not None:
        asked.partial[rows] = row.partial
    trace.note(row.kind, rule.code, rows, wanted=want, owed=owed,
               cap_ntd=np.full(len(rows), row.cap_ntd))  # fmt: skip


def _wanted(row: PointsRow, fare: Column, owed: Column, sections: Column) -> Column:
    if row.kind == "steps":
        step: Column = row.points[np.searchsorted(row.edges, fare, side="left")]
        return step
    if row.kind == "sections":  # without any the ride is paid whole: nobody counted them
        return np.where(sections > 0, sections * row.cap_ntd, owed)
    return {"all": owed, "cap": np.minimum(owed, row.cap_ntd)}.get(row.kind, owed * 0)


def take_points(book: Book, rides: RideColumns, asked: Asked) -> Column:
    """Return how far the month's allowance pays what was asked of it."""
    points, dates = book.points, _dates(rides)
    limit = points.limit_of[np.maximum(asked.category, -1)]  # the last place: no category
    at_most = np.zeros(len(rides), dtype=np.int64)
    for place, each in enumerate(points.limits):
        rows = np.flatnonzero(limit == place)
        row_of = each.spans.at(dates[rows])
        at_most[rows] = each.points[row_of]
        limit[rows[row_of < 0]] = -1
    row_of = points.partial_spans.at(dates)
    partial = points.partial[row_of] | (row_of < 0)
    if (asked.partial != NONE).any():
        partial = np.where(asked.partial == NONE, partial, asked.partial == 1)
    return paid(
        Wanted(rides.person, asked.points, rides.points_open, limit, at_most, partial),
        len(points.limits),
    )


def stored_value(book: Book, rides: RideColumns, rest: Column) -> Column:
    """Return what stored value pays of the rest; the purse may go below zero once, at the exit."""
    known = np.flatnonzero((rides.purse_ntd != NONE) & (rest > 0))
    stored = rest.copy()
    if len(known):
        purse = rides.purse_ntd[known]
        boards = purse >= book.purse.boards_at_ntd
        below = np.where(boards, _overdraft(book, rides.take(known)), 0)
        stored[known] = np.clip(purse + below, 0, rest[known])
    return stored


def _overdraft(book: Book, rides: RideColumns) -> Column:
    found = np.zeros(len(rides), dtype=np.int64)
    for place, (spans, amounts) in enumerate(book.purse.overdraft):
        rows = np.flatnonzero(rides.medium == place)
        if len(rows):
            row_of = spans.at(rides.day[rows])
            found[rows] = np.where(row_of < 0, 0, amounts[row_of])
    return found
