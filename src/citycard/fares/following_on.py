"""Whose next month looks back at rides of this one that are other than they were."""

import datetime as dt

import numpy as np

from citycard.fares.binary import Table
from citycard.fares.book import Book
from citycard.fares.clock import Span
from citycard.fares.storing import Changed, alike
from citycard.fares.values import Column
from citycard.infra.database import rows, statement
from citycard.infra.packs import Pack
from citycard.kernel.periods import next_month

_SEEN = np.dtype(
    [
        *((name, "<i8") for name in ("rider", "boarded_at", "alighted_at", "marks")),
        *((name, "<i4") for name in ("operator_id", "route_id", "origin_id", "destination_id")),
        ("ended", "<i4"),
    ]
)
"""What a later ride sees of an earlier one; not what it cost or how it was paid."""


def looking_back(*, pack: Pack, book: Book, month: dt.date, changed: Changed) -> set[int]:
    """Return the riders whose next month was decided and sees something else of this one now.

    :param changed: what deciding this month changed
    """
    if book.back_s is None or not len(changed.riders):
        return set()
    since = Span.of(next_month(month), pack.time, book.back_s).since_us
    added, closed = (_seen(rides, since) for rides in (changed.added, changed.closed))
    if len(added) and len(closed):
        known, kept = alike(added, closed)
        added, closed = added[~known], closed[~kept]
    riders = np.union1d(added["rider"], closed["rider"])
    return _decided(next_month(month), riders) if len(riders) else set()


def _seen(rides: Table, since_us: int) -> Table:
    late = rides[rides["boarded_at"] >= since_us]
    found = np.empty(len(late), _SEEN)
    for name in _SEEN.names or ():
        found[name] = late[name]
    return found


def _decided(month: dt.date, riders: Column) -> set[int]:
    asked = {"month": month, "riders": riders.tolist()}
    return {row.rider for row in rows(statement(__file__, "months_of"), asked)}
