"""Deciding people's months: readings in, stored rides out; run again it changes nothing.

A person's month is a pure function of what devices said of their cards, whose the cards were, the
rights they had, the month's allowance and the tariffs, all as known now. Stored rides are compared
with it: what is other is closed and added. A transfer may begin in one month and end in the next:
where a month's last rides are other than they were, the next one is decided after it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from citycard.fares import events
from citycard.fares.differences import keep_differences
from citycard.fares.following_on import looking_back
from citycard.fares.keeping_decisions import keep_decisions, lock_months
from citycard.fares.storing import Changed, compare, store
from citycard.fares.values import Column
from citycard.fares.working_out import Grants, work_out
from citycard.infra.journal import announce
from citycard.infra.packs import Pack, current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.periods import next_month

RIDERS_AN_EVENT = 500


class Decided(NamedTuple):
    """What deciding some people's month changed."""

    riders: int
    rides: int
    added: int
    closed: int


def decide_months(
    *, riders: Iterable[tuple[dt.date, int]], grants: Grants, now: dt.datetime
) -> list[Decided]:
    """Decide some people's months anew and store what is other than it was; one row a month.

    :param riders: local month and rider: a member, or minus the key of a card that is nobody's
    :param grants: tells the month's allowance of members, by month
    :raises UnitOfWorkMisused: called outside a unit of work
    """
    require_unit_of_work()
    by_month: dict[dt.date, set[int]] = defaultdict(set)
    for month, rider in riders:
        by_month[month].add(rider)
    pack = current_pack()
    if not pack.table("fares"):
        return []
    done = []
    while by_month:
        month = min(by_month)
        own = np.array(sorted(by_month.pop(month)), np.int64)
        decided, after = _decide_month(pack, month, own, grants, now)
        done.append(decided)
        if after:
            by_month[next_month(month)] |= after
    return done


def _decide_month(
    pack: Pack, month: dt.date, riders: Column, grants: Grants, now: dt.datetime
) -> tuple[Decided, set[int]]:
    """Decide some people's month, and return whose next one is to be decided after it."""
    lock_months(month=month, riders=riders)
    found = work_out(pack=pack, month=month, riders=riders, grants=grants)
    changed = compare(month=month, riders=riders, rides=found.table, book=found.book)
    if len(changed.riders):
        revisions = keep_decisions(
            book=found.book, pack_hash=pack.hash, facts=found.facts, rides=found.rides,
            changed=changed, granted={who: one.points for who, one in found.granted.items()},
            now=now,
        )  # fmt: skip
        store(month=month, changed=changed, revisions=revisions, now=now)
        keep_differences(month=month, changed=changed, now=now)
        _announce(month, changed)
    done = Decided(len(riders), len(found.table), len(changed.added), len(changed.closed))
    return done, looking_back(pack=pack, book=found.book, month=month, changed=changed)


def _announce(month: dt.date, changed: Changed) -> None:
    """Tell whose rides are other than they were: what follows re-reads them."""
    for begin in range(0, len(changed.riders), RIDERS_AN_EVENT):
        riders = changed.riders[begin : begin + RIDERS_AN_EVENT]
        announce(
            events.RidesDecided(month=month.isoformat(), riders=tuple(int(one) for one in riders))
        )
