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
from citycard.insight.columns import U32, U64, Records
from citycard.insight.counting import Key, SeenTaps, count_uses, visits_by_month
from citycard.insight.pseudonyms import pseudonyms
from citycard.insight.tallying import tally
from citycard.insight.visits import (
    FIRST,
    NEW,
    VISIT,
    in_order,
    is_in,
    month_of,
    split,
    together,
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
    who = np.unique(np.concatenate([visits["who"] for visits in added.values()]))
    first, before = _firsts(service, who, added)
    moved = (before != _NEVER) & (before > first)
    agencies = storing.agencies_of_places(service)
    counts: Counter[Key] = Counter()
    for number in sorted({*added, *before[moved].tolist()}):
        # who is no longer new in a month, since an earlier use came late, is touched there too
        no_longer_new = who[moved & (before == number)]
        month = month_of(number)
        came = added.get(number, np.empty(0, dtype=VISIT))
        touched = np.union1d(came["who"], no_longer_new)
        is_first = first[np.searchsorted(who, touched)] == number
        for (what, agency, key), n in _change(
            service, month, came, touched, touched[is_first], agencies
        ).items():
            if n:
                counts[service, month, what, agency, key] = n
    return counts


def _firsts(service: str, who: U64, added: Mapping[int, Records]) -> tuple[U32, U32]:
    """Return in which month each person first came, now and as it was kept; keep what changed."""
    kept = storing.read_firsts(service, storing.buckets_of(who))
    before = np.full(len(who), _NEVER, dtype=np.uint32)
    known = is_in(who, kept["who"])
    before[known] = kept["month"][np.searchsorted(kept["who"], who[known])]
    first = before.copy()
    for number in sorted(added, reverse=True):
        came = np.searchsorted(who, np.unique(added[number]["who"]))
        first[came] = np.minimum(first[came], np.uint32(number))
    changed = first != before
    if changed.any():
        _keep_firsts(service, kept, who[changed], first[changed])
    return first, before


def _keep_firsts(service: str, kept: Records, who: U64, first: U32) -> None:
    new = np.empty(len(who), dtype=FIRST)
    new["who"], new["month"] = who, first
    _, others = split(kept, who)
    storing.write_firsts(service, in_order(others, new))


def _change(
    service: str,
    month: dt.date,
    came: Records,
    touched: U64,
    new_people: U64,
    agencies: dict[int, str],
) -> Counter[tuple[str, str, int]]:
    """Add visits of a month, and return what the touched people count after less before."""
    kept = storing.read_visits(service, month, storing.buckets_of(touched))
    before, others = split(kept, touched)
    after = together(before, came)
    after["days"][is_in(after["who"], new_people)] |= NEW
    storing.write_visits(service, month, in_order(others, after))
    counts = tally(after, agencies)
    counts.subtract(tally(before, agencies))
    return counts
