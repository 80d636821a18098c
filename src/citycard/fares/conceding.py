"""Takes the concessions off, one after the other, and keeps who pays for each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from citycard.fares.book import FIRST_REASONS, Book, Concession, Part
from citycard.fares.fare_work import Work
from citycard.fares.history import History
from citycard.fares.tracing import Trace
from citycard.fares.values import MICRO, Column, Flags, RideColumns


@dataclass
class Conceded:
    """What concessions left behind: who pays, what decided, and what the operator forgoes."""

    subsidies: Column
    forgone: Column
    reason: Column
    applied: Column


def concede(book: Book, rides: RideColumns, work: Work, full: Flags, trace: Trace) -> Conceded:
    """Take every concession off the whole fares of ``work``.

    :param full: rides that have a fare and were tapped out of
    """
    size = len(rides)
    out = Conceded(
        subsidies=np.zeros((len(book.funds), size), dtype=np.int64),
        forgone=np.zeros(size, dtype=np.int64),
        reason=np.zeros(size, dtype=np.int64),
        applied=np.zeros(size, dtype=np.int64),
    )
    history = History(rides, book.line_mode[rides.line], book.line_is_ride[rides.line])
    covers = book.line_concessions[rides.line]
    taken: dict[str, Flags] = {}
    for place, concession in enumerate(book.concessions):
        held = np.zeros(size, dtype=np.bool_)
        if concession.group:
            taken.setdefault(concession.group, np.zeros(size, dtype=np.bool_))
        for part, rows in _holding(concession, place, rides, covers, history):
            rows = rows[full[rows]]
            if concession.group:
                rows = rows[~taken[concession.group][rows]]
            if len(rows):
                held[rows] = True
                _carry_out(out, work, concession, place, part, rows, trace)
        if concession.group:
            taken[concession.group] |= held
    return out


def _holding(
    concession: Concession, place: int, rides: RideColumns, covers: Column, history: History
) -> Iterator[tuple[Part, Column]]:
    """Yield each part of a concession with the rides that it holds for."""
    asked = (covers >> place) & 1 != 0
    if concession.who:
        asked &= rides.marks & concession.who != 0
    if concession.unless:
        asked &= rides.marks & concession.unless == 0
    if concession.ends is not None:
        asked &= concession.ends.hold(rides.origin, rides.destination)
    candidates = np.flatnonzero(asked)
    if not len(candidates):
        return
    row_of = concession.spans.at(rides.day[candidates])
    for number, row in enumerate(concession.rows):
        rows = candidates[row_of == number]
        if row.days is not None:
            rows = rows[row.days[rides.day[rows]]]
        for part in row.parts if len(rows) else ():
            holds = part.holds
            yield part, rows if holds is None else rows[holds(history, rows)]


def _carry_out(
    out: Conceded,
    work: Work,
    concession: Concession,
    place: int,
    part: Part,
    rows: Column,
    trace: Trace,
) -> None:
    before = work.owed[rows]
    taken = work.take(part.step, rows)
    relief = before - taken.owed
    if concession.fund < 0:
        out.forgone[rows] += relief
    else:
        out.subsidies[concession.fund][rows] += relief * MICRO
    helped = rows[relief > 0]
    out.reason[helped] = len(FIRST_REASONS) + place
    out.applied[helped] |= 1 << place
    name = type(part.step).__name__
    trace.note(name, concession.code, rows, before=before, after=taken.owed, **taken.figures)
