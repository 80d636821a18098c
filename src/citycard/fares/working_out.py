"""Working out some people's month: readings and rights in, priced rides out. Nothing is written.

A month is a pure function of what devices said of people's cards, whose the cards were, the rights
they had, the month's allowance and a pack's tariffs, all as known now.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from citycard.fares import terms
from citycard.fares.binary import Table
from citycard.fares.book import Book
from citycard.fares.books import book as book_of
from citycard.fares.clock import Span
from citycard.fares.composing import Composed, compose, ride_columns
from citycard.fares.differing import name_differences
from citycard.fares.gathering import Gathered, gather
from citycard.fares.pricing import price
from citycard.fares.storing import content_shape
from citycard.fares.values import NONE, Column, PricedColumns, RideColumns
from citycard.infra.packs import Pack


class Grant(NamedTuple):
    """A month's allowance of a member: so many points, from a day on."""

    points: int
    starts_on: dt.date


Grants = Callable[[Sequence[int], dt.date], Mapping[int, Grant]]


@dataclass(frozen=True, kw_only=True, eq=False)
class WorkedOut:
    """People's rides of a month by one pack, and what they were worked out from.

    :ivar rides: those that began in the month
    :ivar columns: what was priced, rides of the month before that were looked back at among it;
        ``known`` are its places among the rides, those with a tariff; NONE: of the month before
    :ivar priced: a row a ride; ``table`` is the same as it is stored
    :ivar granted: the month's allowance by member
    """

    book: Book
    facts: Gathered
    rides: Composed
    columns: RideColumns
    known: Column
    priced: PricedColumns
    table: Table
    granted: Mapping[int, Grant]


def work_out(*, pack: Pack, month: dt.date, riders: Column, grants: Grants) -> WorkedOut:
    """Work out some people's month by a pack.

    :param riders: sorted; below zero, cards that were nobody's (minus their keys)
    """
    book = book_of(pack=pack)
    span = Span.of(month, pack.time, book.back_s)
    facts = gather(book=book, span=span, time=pack.time, riders=riders)
    codes = _codes(facts)
    looked_at = compose(book=book, facts=facts, riders=riders, codes=codes, time=pack.time)
    rides, place = _of_the_month(facts, looked_at)
    granted = _granted(book, rides, grants, month)
    columns, rows = _columns(book, pack, facts, looked_at, codes, granted)
    known = place[rows]
    priced = price(book=book, rides=columns)
    if len(columns) < len(rides) or len(looked_at) > len(rides):
        own = known != NONE
        priced = _spread(priced.take(own), known[own], rides)
    table = _table(book, facts, rides, priced)
    return WorkedOut(
        book=book,
        facts=facts,
        rides=rides,
        columns=columns,
        known=known,
        priced=priced,
        table=table,
        granted=granted,
    )


def _of_the_month(facts: Gathered, looked_at: Composed) -> tuple[Composed, Column]:
    """Return the rides that began in the month, and of all looked at their places among these; NONE
    for those before it."""
    own = facts.readings["at"][looked_at.first] >= facts.span.start_us
    if own.all():
        return looked_at, np.arange(len(looked_at))
    return looked_at.take(own), np.where(own, np.cumsum(own) - 1, NONE)


def _codes(facts: Gathered) -> dict[int, str]:
    names = ("operator", "route", "stop", "ticket", "issuer")
    return terms.codes_in([facts.readings[name] for name in names])


def _granted(book: Book, rides: Composed, grants: Grants, month: dt.date) -> Mapping[int, Grant]:
    """Return what those have whose rides points may pay."""
    asking = rides.rider[(rides.rider > 0) & (rides.marks & book.points.who != 0)]
    return grants(np.unique(asking).tolist(), month) if len(asking) else {}


def _points_open(rides: Composed, granted: Mapping[int, Grant]) -> Column:
    """Return what each ride finds granted; nothing before the day from which it may be used."""
    if not granted:
        return np.zeros(len(rides), np.int64)
    who = np.fromiter(granted, np.int64, len(granted))
    order = np.argsort(who)
    points, starts_on = zip(*granted.values(), strict=True)
    members, has_points = who[order], np.array(points, np.int64)[order]
    starts = np.array(starts_on, "datetime64[D]").astype(np.int64)[order]
    place = np.minimum(np.searchsorted(members, rides.rider), len(members) - 1)
    has = (members[place] == rides.rider) & (rides.local_s // 86_400 >= starts[place])
    return np.where(has, has_points[place], 0)


def _columns(
    book: Book, pack: Pack, facts: Gathered, rides: Composed, codes: Mapping[int, str],
    granted: Mapping[int, Grant],
) -> tuple[RideColumns, Column]:  # fmt: skip
    """Return what is priced, and which of the rides: those that have a tariff; the others touch
    nobody's points."""
    known = np.flatnonzero(rides.line != NONE)
    points_open = _points_open(rides, granted)
    if len(known) < len(rides):
        rides, points_open = rides.take(known), points_open[known]
    columns = ride_columns(
        book=book, facts=facts, rides=rides, points_open=points_open, time=pack.time, codes=codes
    )
    return columns, known


def _spread(priced: PricedColumns, known: Column, rides: Composed) -> PricedColumns:
    """Put priced rides among those without a tariff: of these nothing is due."""
    size = len(rides)
    charged = rides.charged * 1_000_000
    charged[known] = 0

    def among(name: str, otherwise: Any = 0) -> Any:
        values = getattr(priced, name)
        found = np.full((*values.shape[:-1], size), otherwise, values.dtype)
        found[..., known] = values
        return found

    return PricedColumns(
        priced=among("priced", False),
        fare_ntd=among("fare_ntd"),
        due_micro=among("due_micro"),
        owed_ntd=among("owed_ntd"),
        points=among("points"),
        stored_ntd=among("stored_ntd"),
        cash_ntd=among("cash_ntd"),
        collected_micro=among("collected_micro") + charged,
        subsidies_micro=among("subsidies_micro"),
        difference_micro=among("difference_micro") - charged,
        reason=among("reason", 1),
        applied=among("applied"),
        category=among("category", NONE),
        metres=among("metres", NONE),
        sections=among("sections", NONE),
    )


def _table(book: Book, facts: Gathered, rides: Composed, priced: PricedColumns) -> Table:
    """Return the rides as they are stored."""
    taps, first = facts.readings, rides.first
    rows = np.empty(len(rides), content_shape(len(book.funds)).plain)
    rows["boarded_at"], rows["alighted_at"] = taps["at"][first], taps["at"][rides.last]
    rows["rider"], rows["card_key"] = rides.rider, taps["card"][first]
    rows["reader_id"], rows["seq"], rows["epoch"] = (
        taps[name][first] for name in ("reader", "seq", "epoch")
    )
    for name in ("operator", "route", "ticket", "origin", "destination"):
        rows[f"{name}_id"] = getattr(rides, name)
    rows["marks"], rows["ended"] = rides.marks, rides.ended
    rows["charged_ntd"], rows["points_taken"] = rides.charged, rides.points_taken
    for name in (
        "due_micro", "collected_micro", "difference_micro", "fare_ntd", "points", "stored_ntd",
        "cash_ntd", "applied", "reason",
    ):  # fmt: skip
        rows[name] = getattr(priced, name)
    rows["metres"] = np.where(priced.metres == NONE, -1, priced.metres)
    rows["category"] = np.where(priced.category == NONE, -1, priced.category)
    rows["funders"], rows["subsidies"] = _together(priced.subsidies_micro)
    rows["difference_kind"] = name_differences(
        priced=priced,
        has_line=rides.line != NONE,
        ended=rides.ended,
        points_taken=rides.points_taken,
    )
    return rows


def _together(by_fund: Column) -> tuple[Column, Column]:
    """Return which funds pay a part of each ride, as bits, and what these pay, in order."""
    funds, rides = by_fund.shape
    funders, paid = np.zeros(rides, np.int64), np.zeros((rides, funds), np.int64)
    place = np.zeros(rides, np.int64)
    for fund, micro in enumerate(by_fund):
        some = np.flatnonzero(micro)
        paid[some, place[some]] = micro[some]
        place[some] += 1
        funders[some] |= 1 << fund
    return funders, paid
