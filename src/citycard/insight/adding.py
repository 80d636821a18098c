"""Add taps to the figures, in the unit of work that also moves the cursor.

People are kept as sorted visits. A batch reads those of the people it brings, adds to them, and
changes the figures by what they count after less before.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping

import numpy as np

from citycard.infra.unit_of_work import require_unit_of_work
from citycard.insight import storing
from citycard.insight.columns import Records
from citycard.insight.counting import Key, SeenTaps, count_uses, visits_by_month
from citycard.insight.pseudonyms import pseudonyms
from citycard.insight.tallying import tally
from citycard.insight.visits import (
    FIRST,
    VISIT,
    WEEKS,
    from_week,
    is_in,
    month_of,
    of_people,
    of_week,
    put_in,
    together,
    with_new,
)

_NEVER = np.uint32(2**32 - 1)


def add(seen: SeenTaps) -> None:
    """Add taps to uses and to the people behind them."""
    require_unit_of_work()
    counts = count_uses(seen)
    for service, months in visits_by_month(seen, pseudonyms).items():
        counts.update(_add_people(service, months))
    storing.add_counts(counts)
    storing.touch({(key[1], key[0]) for key in counts})


def _add_people(service: str, added: Mapping[int, Records]) -> Counter[Key]:
    """Add visits of months to a service's; return by how much the figures change."""
    before, first = _firsts(service, added)
    moved = (before["month"] != first["month"]) & (before["month"] != _NEVER)
    agencies = storing.agencies_of_places(service)
    counts: Counter[Key] = Counter()
    for number in sorted({*added, *before["month"][moved].tolist()}):
        came = added.get(number, np.empty(0, dtype=VISIT))
        # who is no longer new in a month, since an earlier use came late, changes there too
        no_longer_new = before["who"][moved & (before["month"] == number)]
        touched = np.union1d(came["who"], no_longer_new)
        month = month_of(number)
        kept, after = _put_in(service, month, came, touched)
        change = tally(with_new(after, first, number), agencies)
        change.subtract(tally(with_new(kept, before, number), agencies))
        for (what, agency, key), n in change.items():
            counts[service, month, what, agency, key] = n
    return counts


def _firsts(service: str, added: Mapping[int, Records]) -> tuple[Records, Records]:
    """Return in which month each person first came, as it was kept and now; keep what changed."""
    who = np.unique(np.concatenate([visits["who"] for visits in added.values()]))
    kept = storing.read_firsts(service, storing.buckets_of(who))
    before = np.empty(len(who), dtype=FIRST)
    before["who"], before["month"] = who, _NEVER
    before["month"][is_in(who, kept["who"])] = of_people(kept, who)["month"]
    first = before.copy()
    for number in sorted(added, reverse=True):
        came = np.searchsorted(who, np.unique(added[number]["who"]))
        first["month"][came] = np.minimum(first["month"][came], np.uint32(number))
    changed = first[first["month"] != before["month"]]
    if len(changed):
        others = storing.in_buckets_of(kept, changed["who"])
        found = np.concatenate([others[~is_in(others["who"], changed["who"])], changed])
        storing.write_firsts(service, found[np.argsort(found["who"], kind="stable")])
    return before, first


def _put_in(
    service: str,
    month: dt.date,
    came: Records,
    touched: np.ndarray[tuple[int], np.dtype[np.uint64]],
) -> tuple[Records, Records]:
    """Add visits to a month's, and return those of the touched people before and after."""
    buckets = storing.buckets_of(touched)
    kept = []
    for week in range(WEEKS):
        stored = storing.read_week(service, month, week, buckets)
        kept.append(from_week(of_people(stored, touched), week))
        more = of_week(came, week)
        if len(more):
            theirs = storing.in_buckets_of(stored, more["who"])
            storing.write_week(service, month, week, put_in(theirs, more))
    before = together(*kept)
    return before, together(before, came)
