"""Storing decided rides: what is new or other is added, what it replaces is closed."""

import datetime as dt
from typing import Any, NamedTuple

import numpy as np

from citycard.fares.binary import Shape, Table, read, write
from citycard.fares.months import ensure_months
from citycard.fares.values import Column
from citycard.infra.database import execute, statement

_IDENTITY = (
    ("boarded_at", "i8"),
    ("rider", "i8"),
    ("reader_id", "i8"),
    ("seq", "i8"),
    ("epoch", "i4"),
)
_CONTENT = (
    *_IDENTITY,
    ("alighted_at", "i8"),
    ("card_key", "i8"),
    ("marks", "i8"),
    ("due_micro", "i8"),
    ("collected_micro", "i8"),
    ("difference_micro", "i8"),
    ("operator_id", "i4"),
    ("route_id", "i4"),
    ("ticket_id", "i4"),
    ("origin_id", "i4"),
    ("destination_id", "i4"),
    ("metres", "i4"),
    ("charged_ntd", "i4"),
    ("points_taken", "i4"),
    ("fare_ntd", "i4"),
    ("points", "i4"),
    ("stored_ntd", "i4"),
    ("cash_ntd", "i4"),
    ("applied", "i4"),
    ("category", "i2"),
    ("reason", "i2"),
    ("ended", "i2"),
    ("difference_kind", "i2"),
)


def content_shape(funds: int) -> Shape:
    """Return the columns of a ride that deciding fills, with one subsidy a fund."""
    return Shape((*_CONTENT, ("subsidies", f"i8*{funds}")))


def _row_shape(funds: int) -> Shape:
    return Shape(
        (("local_month", "i4"), ("decision_id", "i8"), *_CONTENT, ("subsidies", f"i8*{funds}"))
    )


class Changed(NamedTuple):
    """What a deciding changes: rows to add, rows to close, and the riders that either is of."""

    added: Table
    closed: Table
    riders: Column


def compare(*, month: dt.date, riders: Column, rides: Table, funds: int) -> Changed:
    """Return how decided rides differ from the stored ones of these riders in a month."""
    asked = {"month": month, "riders": riders, "funds": funds}
    stored = read(statement(__file__, "rides_in_force"), asked, content_shape(funds))
    if not len(stored):
        return Changed(rides, stored, np.unique(rides["rider"]))
    same_as, stored_bytes = _bytes(rides), _bytes(stored)
    added = rides[~np.isin(same_as, stored_bytes)]
    closed = stored[~np.isin(stored_bytes, same_as)]
    return Changed(added, closed, np.union1d(added["rider"], closed["rider"]))


def _bytes(rows: Table) -> Any:
    """Return rows as values that compare whole."""
    packed = np.ascontiguousarray(rows)
    return packed.view(f"S{packed.dtype.itemsize}") if len(rows) else np.zeros(0, "S1")


def store(
    *, month: dt.date, changed: Changed, decisions: Column, funds: int, now: dt.datetime
) -> None:
    """Close and add rows; the indexes of a month grow by what is added only.

    :param decisions: the number of each changed rider's decision, in parallel to them
    """
    if len(changed.closed):
        closed = {name: changed.closed[name].tolist() for name, _ in _IDENTITY}
        asked = {"now": now, "month": month, **closed}
        done = execute(statement(__file__, "close_rides"), asked)
        assert done == len(changed.closed), "a ride was closed by somebody else meanwhile"
    if not len(changed.added):
        return
    ensure_months("fares_ride", {month})
    shape = _row_shape(funds)
    rows = np.empty(len(changed.added), shape.plain)
    for name in changed.added.dtype.names or ():
        rows[name] = changed.added[name]
    rows["local_month"] = (month - dt.date(2000, 1, 1)).days
    rows["decision_id"] = decisions[np.searchsorted(changed.riders, changed.added["rider"])]
    write("fares_ride", rows, shape)
