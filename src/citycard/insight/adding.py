"""Add taps to the figures, in the unit of work that also moves the cursor.

People are kept as sorted visits. A batch reads those of the people it brings, adds to them, and
changes the figures by what they count after less before.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from citycard.infra.unit_of_work import require_unit_of_work
from citycard.insight import storing
from citycard.insight.columns import U32, Bools
from citycard.insight.counting import Key, SeenTaps, count_uses, visits_by_month
from citycard.insight.pseudonyms import pseudonyms
from citycard.insight.shelves import Shelf, Wanted, shelves_of, visits_of_month
from citycard.insight.tallying import tally
from citycard.insight.visits import (
    DAYS,
    NEW,
    NO_VISITS,
    NOTHING,
    WEEKS,
    Visits,
    changes,
    distinct,
    from_week,
    is_in,
    low_of,
    month_of,
    of_people,
    of_week,
    put_in,
    records,
    who_of,
)

_NEVER = np.uint32(2**32 - 1)


def add(seen: SeenTaps) -> None:
    """Add taps to uses and to the people behind them."""
    require_unit_of_work()
    counts = count_uses(seen)
    people = visits_by_month(seen, pseudonyms)
    shelves = shelves_of(
        [(service, None) for service in people]
        + [(service, month_of(number)) for service in people for number in people[service]]
    )
    places = storing.places_of_agencies(*people)
    for service, months in people.items():
        counts.update(_Adding(service, months, shelves, places[service]).counts())
    storing.add_counts(counts)
    storing.touch({(key[1], key[0]) for key in counts})


@dataclass(frozen=True)
class _Adding:
    """Adds visits of months to a service's."""

    service: str
    added: Mapping[int, Visits]
    shelves: Mapping[Wanted, Shelf]
    agencies: Mapping[str, Sequence[int]]

    def counts(self) -> Counter[Key]:
        """Add them; return by how much the figures change."""
        who, before, first = self._firsts()
        moved = (before != first) & (before != _NEVER)
        counts: Counter[Key] = Counter()
        for number in sorted({*self.added, *before[moved].tolist()}):
            came = self.added.get(number, NO_VISITS)
            # who is no longer new in a month, since an earlier use came late, changes there too
            touched = distinct(np.concatenate([came.who, who[moved & (before == number)]]))
            month = month_of(number)
            both, was = _together(self._put_in(month, came, touched), came)
            new, was_new = (is_in(both.who, who[it == number]) for it in (first, before))
            now = Visits(both.at, _marked(both.days, new))
            change = tally(now, self.agencies, _marked(was, was_new & (was > 0)))
            for (what, agency, key), n in change.items():
                counts[self.service, month, what, agency, key] = n
        return counts

    def _firsts(self) -> tuple[U32, U32, U32]:
        """Return people, and in which month each first came, as it was kept and now; keep what
        changed."""
        who = distinct(np.concatenate([visits.who for visits in self.added.values()]))
        shelf = self.shelves[self.service, None]
        kept = shelf.read(who).get(0, NOTHING)
        theirs = of_people(kept, who)
        before = np.full(len(who), _NEVER)
        before[np.searchsorted(who, who_of(theirs))] = low_of(theirs)
        first = before.copy()
        for number, visits in self.added.items():
            came = is_in(who, visits.who)
            first[came] = np.minimum(first[came], np.uint32(number))
        changed = first != before
        if changed.any():
            others = kept[~is_in(who_of(kept), who[changed])]
            now = np.sort(np.concatenate([others, records(who, first)[changed]]))
            shelf.write(0, now, who[changed])
        return who, before, first

    def _put_in(self, month: dt.date, came: Visits, touched: U32) -> list[Visits]:
        """Add visits to a month's, and return those of the touched people as they were before, by
        week."""
        about = self.service, month
        shelf = self.shelves.get(about) or visits_of_month(*about)
        kept = shelf.read(touched)
        for week in range(WEEKS):
            more = of_week(came, week)
            if len(more):
                shelf = shelf.write(week, put_in(kept.get(week, NOTHING), more), who_of(more))
        return [from_week(of_people(each, touched), week) for week, each in kept.items()]


def _marked(days: U32, new: Bools) -> U32:
    return np.where(new, days | NEW, days & DAYS)


def _together(kept: Sequence[Visits], came: Visits) -> tuple[Visits, U32]:
    """Return all visits, and the days that each had before."""
    at = np.concatenate([*(part.at for part in kept), came.at])
    order = np.argsort(at, kind="stable")
    at = at[order]
    starts = changes(at)
    before = [part.days for part in kept]
    days = np.concatenate([*before, came.days])[order]
    was = np.concatenate([*before, np.zeros_like(came.days)])[order]
    return (
        Visits(at[starts], np.bitwise_or.reduceat(days, starts)),
        np.bitwise_or.reduceat(was, starts),
    )
