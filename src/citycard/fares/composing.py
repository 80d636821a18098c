"""Composing rides from what was gathered: the columns that pricing takes, and what stays beside."""

import datetime as dt
import functools
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from citycard.cards import api as cards
from citycard.fares import clock
from citycard.fares.book import Book
from citycard.fares.gathering import Gathered
from citycard.fares.holding import NOWHERE
from citycard.fares.lining import each_pair, lines_of
from citycard.fares.marking import Riders, marks_of
from citycard.fares.pairing import BOARDING_MISSING, OUT
from citycard.fares.values import NONE, Column, Ended, Flags, RideColumns
from citycard.kernel.periods import CityTime

_EPOCH = dt.date(1970, 1, 1)
_NOT_SAID = -1
_NO_PURSE = -1_000_000
_MONTH_BITS = 42  # a month and the days before it have fewer microseconds


@dataclass(frozen=True, kw_only=True, eq=False)
class Composed:
    """Rides of a month, rider after rider, each rider's in canonical order: a row a ride.

    :ivar first: place of the reading that names the ride; ``last`` of the one that ended it
    :ivar rider: the member; below zero a card that was nobody's (minus its key)
    :ivar binding: which binding made it this member's; 0 for nobody
    :ivar charged: what the device took for the ride, at its taps and at the next boarding
    :ivar line: place in the book's lines; NONE: no tariff
    """

    first: Column
    last: Column
    after: Column
    ended: Column
    rider: Column
    binding: Column
    charged: Column
    points_taken: Column
    operator: Column
    route: Column
    ticket: Column
    origin: Column
    destination: Column
    line: Column
    marks: Column
    local_s: Column

    def __len__(self) -> int:
        return len(self.first)

    def take(self, rows: "Column | Flags") -> "Composed":
        """Return some of the rows."""
        return Composed(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


def compose(
    *, book: Book, facts: Gathered, riders: Column, codes: Mapping[int, str], time: CityTime
) -> Composed:
    """Return the rides that began in the month and are these riders', in canonical order; among
    them those before it that are looked back at.

    :param riders: sorted
    :param codes: what the numbers in readings mean
    """
    taps, pairs = facts.readings, facts.pairs
    at, card = taps["at"][pairs.first], taps["card"][pairs.first]
    bound = facts.holders.holding(card, at)
    rider = np.where(bound == NOWHERE, -card, _at(facts.members, bound))
    rank = np.searchsorted(riders, rider)
    ours = riders[np.minimum(rank, len(riders) - 1)] == rider
    kept = np.flatnonzero(ours & (at >= facts.span.since_us) & (at < facts.span.end_us))
    kept = kept[_canonical(facts, pairs.first[kept], rank[kept])]
    first, last, after = pairs.first[kept], pairs.last[kept], pairs.after[kept]
    route = np.where(taps["route"][first] == 0, taps["route"][last], taps["route"][first])
    two = first != last
    found = Composed(
        first=first,
        last=last,
        after=after,
        ended=pairs.ended[kept],
        rider=rider[kept],
        binding=np.where(bound[kept] == NOWHERE, 0, _at(facts.bindings, bound[kept])),
        charged=_charged(facts, first, last, after),
        points_taken=taps["points"][first] + np.where(two, taps["points"][last], 0),
        operator=taps["operator"][first],
        route=route,
        ticket=np.where(taps["ticket"][first] == 0, taps["ticket"][last], taps["ticket"][first]),
        origin=np.where(taps["leg"][first] == OUT, 0, taps["stop"][first]),
        destination=np.where(taps["leg"][last] == OUT, taps["stop"][last], 0),
        line=lines_of(book, taps["operator"][first], route, codes),
        marks=np.zeros(len(first), np.int64),
        local_s=clock.local_seconds(clock.seconds(taps["at"][first]), time),
    )
    found.marks[:] = _marks(book, facts, found, codes)
    return found


def _at(values: Column, places: Column) -> Column:
    """Return values at places; anything where the place is nowhere."""
    return values[places] if len(values) else np.zeros(len(places), np.int64)


def _canonical(facts: Gathered, first: Column, rank: Column) -> Column:
    """Return the order of rides: rider, time, reader, epoch, number."""
    at = facts.readings["at"][first]
    key = (rank << _MONTH_BITS) | (at - facts.span.since_us)
    order = np.argsort(key)
    if not np.any(key[order][1:] == key[order][:-1]):
        return order
    names = ("seq", "epoch", "reader", "at")
    return np.lexsort([*(facts.readings[name][first] for name in names), rank])


def _charged(facts: Gathered, first: Column, last: Column, after: Column) -> Column:
    """Return what devices took for each ride: at its taps, less what was for an earlier one, and
    what its card's next boarding charged for it."""
    taps = facts.readings
    own = taps["charged"].astype(np.int64) - taps["missed"]
    later = np.where(after == NOWHERE, 0, taps["missed"][after])
    return np.asarray(own[first] + np.where(first == last, 0, own[last]) + later)


def _marks(book: Book, facts: Gathered, rides: Composed, codes: Mapping[int, str]) -> Column:
    kinds = cards.card_table().kinds
    on = functools.cache(lambda day: _EPOCH + dt.timedelta(days=day))
    members = np.maximum(rides.rider, 0)
    riders = Riders(
        member=members,
        card=facts.readings["card"][rides.first],
        at=facts.readings["at"][rides.first],
        day=clock.days(rides.local_s),
        kind=facts.kind_of.of(facts.readings["card"][rides.first]),
        ticket=rides.ticket,
        born=facts.born.of(members),
        kinds=facts.kinds,
        tickets={code: number for number, code in codes.items()},
    )
    return marks_of(
        marks=book.marks,
        riders=riders,
        rights=facts.rights,
        opens=lambda kind, code, day: (
            code in kinds[kind].carries and kinds[kind].opens(code, on(day))
        ),
    )


def ride_columns(
    *,
    book: Book,
    facts: Gathered,
    rides: Composed,
    points_open: Column,
    time: CityTime,
    codes: Mapping[int, str],
) -> RideColumns:
    """Return the columns that pricing takes; all rides must have a line.

    :param points_open: of the month's allowance, by ride
    """
    taps = facts.readings
    first, last = rides.first, rides.last
    metres = np.where(taps["metres"][last] >= 0, taps["metres"][last], taps["metres"][first])
    fare = np.where(taps["fare"][last] >= 0, taps["fare"][last], taps["fare"][first])
    person = np.cumsum(np.append(0, rides.rider[1:] != rides.rider[:-1])) if len(rides) else first
    two = (rides.ended == Ended.WHOLE) & (first != last)
    stop = functools.partial(_stops, book, rides.line, codes=codes)
    return RideColumns(
        person=person,
        boarded_at=clock.seconds(taps["at"][first]),
        alighted_at=np.where(two, clock.seconds(taps["at"][last]), NONE),
        day=clock.service_days(rides.local_s, time),
        line=rides.line,
        origin=stop(rides.origin),
        destination=stop(rides.destination),
        metres=_said(metres),
        told_ntd=_said(fare),
        marks=rides.marks,
        medium=_media(book, taps["issuer"][first], codes),
        ended=np.where(rides.ended == BOARDING_MISSING, Ended.WHOLE, rides.ended),
        points_open=points_open,
        purse_ntd=_purse(facts, rides),
        charged_ntd=rides.charged,
        date=clock.days(rides.local_s),
        before=(taps["at"][first] < facts.span.start_us) * 1,
    )


def _said(values: Column) -> Column:
    return np.where(values == _NOT_SAID, NONE, values.astype(np.int64))


def _stops(book: Book, line: Column, stop: Column, *, codes: Mapping[int, str]) -> Column:
    return each_pair((line, stop), lambda one, other: book.stop(line=one, code=codes[other]))


def _media(book: Book, issuer: Column, codes: Mapping[int, str]) -> Column:
    places = {code: place for place, code in enumerate(book.media)}
    return each_pair((issuer, issuer), lambda one, _: places.get(codes[one], NONE))


def _purse(facts: Gathered, rides: Composed) -> Column:
    """Return the stored value before each ride, by what the device saw at either tap."""
    taps = facts.readings
    first, last = rides.first, rides.last
    own = taps["charged"].astype(np.int64) - taps["missed"]
    boarded = taps["purse"][first].astype(np.int64) + own[first]
    left = taps["purse"][last].astype(np.int64) + own[last] + np.where(first == last, 0, own[first])
    found = np.where(taps["purse"][last] == _NO_PURSE, NONE, left)
    return np.where(taps["purse"][first] == _NO_PURSE, found, boarded)
