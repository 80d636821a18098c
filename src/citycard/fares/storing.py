"""Storing decided rides: what is new or other is added, what it replaces is closed."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from citycard.fares.binary import Shape, Table, read, write
from citycard.fares.book import Book
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
    ("funders", "i4"),
    ("category", "i2"),
    ("reason", "i2"),
    ("ended", "i2"),
    ("difference_kind", "i2"),
)


def content_shape(funds: int) -> Shape:
    """Return the columns of a ride that deciding fills, with room for a subsidy of each fund."""
    return Shape((*_CONTENT, ("subsidies", f"i8*{funds}")))


def _row_shape(funders: int) -> Shape:
    return Shape(
        (("local_month", "i4"), ("revision", "i4"), *_CONTENT, ("subsidies", f"i8*{funders}"))
    )


class Changed(NamedTuple):
    """What a deciding changes: rows to add, rows to close, and the riders that either is of.

    :ivar stored: what was in force before
    """

    added: Table
    closed: Table
    riders: Column
    stored: Table


def compare(*, month: dt.date, riders: Column, rides: Table, book: Book) -> Changed:
    """Return how decided rides differ from the stored ones of these riders in a month."""
    many = len(book.funds)
    asked = {
        "month": month,
        "riders": riders,
        "funds": [fund.code for fund in book.funds],
        "many": many,
        "nothing": np.zeros(many, np.int64),
    }
    stored = read(statement(__file__, "rides_in_force"), asked, content_shape(many))
    if not len(stored) or not len(rides):
        return Changed(rides, stored, np.union1d(rides["rider"], stored["rider"]), stored)
    known, kept = alike(rides, stored)
    added, closed = rides[~known], stored[~kept]
    return Changed(added, closed, np.union1d(added["rider"], closed["rider"]), stored)


def alike(some: Table, others: Table) -> tuple[Any, Any]:
    """Tell which rows of either stand in the other as well, value by value."""
    one, other = _words(some), _words(others)
    mixed = np.random.default_rng(1).integers(1, 2**63, one.shape[1], np.uint64)
    ours, theirs = one.astype(np.uint64) @ mixed, other.astype(np.uint64) @ mixed
    order = np.argsort(theirs)
    theirs = theirs[order]
    if bool(np.any(theirs[1:] == theirs[:-1])):  # two rows mix to one number: bytes tell them apart
        return np.isin(_bytes(one), _bytes(other)), np.isin(_bytes(other), _bytes(one))
    place = order[np.minimum(np.searchsorted(theirs, ours), len(order) - 1)]
    found = np.all(one == other[place], axis=1)
    kept = np.zeros(len(others), bool)
    kept[place[found]] = True
    return found, kept


def _words(rows: Table) -> Any:
    """Return rows as so many numbers each: what they are made of is a whole number of them."""
    return np.ascontiguousarray(rows).view(np.uint32).reshape(len(rows), -1)


def _bytes(words: Any) -> Any:
    return words.view(f"S{words.shape[1] * words.itemsize}")[:, 0]


def store(*, month: dt.date, changed: Changed, revisions: Column, now: dt.datetime) -> None:
    """Close and add rows; the indexes of a month grow by what is added only.

    :param revisions: of each changed rider's decision, in parallel to them
    """
    if len(changed.closed):
        closed = {name: changed.closed[name].tolist() for name, _ in _IDENTITY}
        asked = {"now": now, "month": month, **closed}
        done = execute(statement(__file__, "close_rides"), asked)
        assert done == len(changed.closed), "a ride was closed by somebody else meanwhile"
    if len(changed.added):
        ensure_months("fares_ride", {month})
        write("fares_ride", _rows(month, changed, revisions))


def _rows(month: dt.date, changed: Changed, revisions: Column) -> Iterator[tuple[Table, Shape]]:
    """Yield the rows to add, by how many funds pay a part of them."""
    added = changed.added
    revision = revisions[np.searchsorted(changed.riders, added["rider"])]
    funders = np.bitwise_count(added["funders"])
    for many in np.unique(funders).tolist():
        some = funders == many
        shape = _row_shape(many)
        rows = np.empty(int(some.sum()), shape.plain)
        for name, _ in _CONTENT:
            rows[name] = added[name][some]
        rows["subsidies"] = added["subsidies"][some, :many]
        rows["local_month"] = (month - dt.date(2000, 1, 1)).days
        rows["revision"] = revision[some]
        yield rows, shape
