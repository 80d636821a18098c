"""Prices rides: the whole fare, concessions with who pays them, and how the rest is paid.

One implementation serves a month of a city and a single ride. Nothing here looks at a later ride,
so a later tap never changes an earlier fare.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from citycard.fares.book import LOCKED, MISSING, UNPRICED, Book
from citycard.fares.conceding import Conceded, concede
from citycard.fares.fare_work import Work
from citycard.fares.measuring import measure
from citycard.fares.paying import Bill, ask_points, stored_value, take_points
from citycard.fares.tariffs import BySection, Measures, distinct
from citycard.fares.tracing import Silent, Trace
from citycard.fares.values import MICRO, NONE, Column, Ended, Flags, PricedColumns, RideColumns

CHUNK = 2**15  # rows whose columns stay in a processor's cache
_SILENT = Silent()


def price(*, book: Book, rides: RideColumns) -> PricedColumns:
    """Price rides of whole person-months; a month's earlier rides belong to the batch.

    :param rides: person-month after person-month, each in canonical order; ahead of them those that
        ended the month before, as far as a transfer looks back
    """
    parts = [price_some(book, rides.take(rows), _SILENT) for rows in _chunks(rides.person)]
    if len(parts) == 1:
        return parts[0]
    columns = {
        each.name: np.concatenate([getattr(part, each.name) for part in parts], axis=-1)
        for each in fields(PricedColumns)
    }
    return PricedColumns(**columns)


def _chunks(person: Column) -> Iterator[slice]:
    """Yield stretches of whole person-months."""
    begin = 0
    while len(person) - begin > CHUNK:
        # the last person of the stretch goes to the next one, unless it fills this one alone
        end = int(np.searchsorted(person, person[begin + CHUNK], side="left"))
        if end == begin:
            end = int(np.searchsorted(person, person[begin], side="right"))
        yield slice(begin, end)
        begin = end
    yield slice(begin, len(person))


def price_some(book: Book, rides: RideColumns, trace: Trace) -> PricedColumns:
    """Price one stretch, telling each step."""
    measures = measure(book, rides)
    tariff_row = book.tariffs.row_at(book.line_tariff[rides.line], rides.day)
    book.tariffs.count_sections(tariff_row, measures)
    micro, fare, known = book.tariffs.whole(tariff_row, measures)
    whole = (rides.ended == Ended.WHOLE) | book.tariffs.needs_no_tap_out(tariff_row)
    full = known & whole & (rides.before == 0)
    fare[~full] = 0
    work = Work(book.tariffs, tariff_row, measures, micro, fare.copy())
    every = np.flatnonzero(full)
    trace.note("Whole", "full", every, row=tariff_row[every], fare=fare[every],
               micro=micro[every], **measures.of(every)._asdict())  # fmt: skip
    conceded = concede(book, rides, work, full, trace)
    due = (fare - conceded.forgone) * MICRO
    _pay_cost(book, tariff_row, measures, full, due, conceded)
    draft = Draft(rides, tariff_row, fare, due, work.owed, full.copy(), conceded)
    if not whole.all():
        _charge_missing(book, draft, ~whole, trace)
    conceded.reason[~draft.priced] = UNPRICED
    return _paid(book, draft, full, measures, trace)


@dataclass
class Draft:
    """Rides on their way to be priced; its columns are changed in place."""

    rides: RideColumns
    tariff_row: Column
    fare: Column
    due: Column
    owed: Column
    priced: Flags
    conceded: Conceded


def _pay_cost(
    book: Book, tariff_row: Column, measures: Measures, full: Flags, due: Column, out: Conceded
) -> None:
    """Where a section costs more than a passenger pays, the operator is due its cost."""
    for number in distinct(tariff_row, len(book.tariffs.rows)):
        tariff = book.tariffs.rows[number]
        if isinstance(tariff, BySection) and tariff.cost_micro:
            rows = np.flatnonzero((tariff_row == number) & full)
            gap = measures.sections[rows] * (tariff.cost_micro - tariff.ntd * MICRO)
            due[rows] += gap
            out.subsidies[tariff.cost_fund][rows] += gap


def _charge_missing(book: Book, draft: Draft, missing: Flags, trace: Trace) -> None:
    """A ride without its second tap costs what its tariff says, at the next boarding; without one
    yet it costs nothing so far."""
    for number in distinct(draft.tariff_row, len(book.tariffs.rows)):
        rule = book.tariffs.rows[number].missing
        rows = np.flatnonzero((draft.tariff_row == number) & missing)
        if rule is None or not len(rows):
            continue
        half = draft.rides.marks[rows] & rule.half_marks != 0
        locked = draft.rides.ended[rows] == Ended.MISSING_LOCKED
        owed = np.where(locked, 0, np.where(half, rule.half_ntd, rule.full_ntd))
        draft.fare[rows] = np.where(locked, 0, rule.full_ntd)
        draft.owed[rows], draft.due[rows] = owed, owed * MICRO
        draft.priced[rows] = True
        draft.conceded.reason[rows] = np.where(locked, LOCKED, MISSING)
        trace.note("Missing", "missing", rows, row=draft.tariff_row[rows], after=owed,
                   half=half * 1, locked=locked * 1)  # fmt: skip


def _paid(book: Book, draft: Draft, full: Flags, measures: Measures, trace: Trace) -> PricedColumns:
    """Pay what is owed, and compare it with what the device took."""
    rides, subsidies = draft.rides, draft.conceded.subsidies
    bill = Bill(draft.fare, draft.owed, measures.sections)
    asked = ask_points(book, rides, bill, full, trace)
    points = take_points(book, rides, asked)
    owed = draft.owed - asked.granted
    subsidies[book.points.fund] += (points + asked.granted) * MICRO
    rest = owed - points
    stored = stored_value(book, rides, rest)
    collected = np.where(rides.charged_ntd == NONE, rest, rides.charged_ntd) * MICRO
    figures = {"owed": owed, "points": points, "stored": stored, "cash": rest - stored}
    figures |= {"granted": asked.granted, "asked": asked.points, "open": rides.points_open}
    trace.note("Paid", "paid", np.arange(len(rides)), charged=rides.charged_ntd, **figures)
    return PricedColumns(
        priced=draft.priced,
        fare_ntd=draft.fare,
        due_micro=draft.due,
        owed_ntd=owed,
        points=points,
        stored_ntd=stored,
        cash_ntd=rest - stored,
        collected_micro=collected,
        subsidies_micro=subsidies,
        difference_micro=rest * MICRO - collected,
        reason=draft.conceded.reason,
        applied=draft.conceded.applied,
        category=asked.category,
        metres=measures.metres,
        sections=measures.sections,
    )
