"""Executing stored decisions again: one ride with every step said, or many to prove them all.

What is in force of a person's month is what its latest decision worked out, whether that decision
wrote a row or found it the same. So the latest one's pack (by hash) and grant are taken again, with
what devices said and the rights and cards that are known: the result must be what is stored.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from citycard.fares.explaining import explain_ride
from citycard.fares.rides import RIDES_FIELD, RideView, ride_of
from citycard.fares.storing import compare
from citycard.fares.values import Column, Explained
from citycard.fares.wording import UNPRICED
from citycard.fares.working_out import Grant, Grants, WorkedOut, work_out
from citycard.infra.database import rows, statement
from citycard.infra.packs import Pack, current_pack
from citycard.infra.packs.keeping import kept_pack
from citycard.kernel.access import Access

RideId = tuple[int, int, int]
"""What names a ride: reader, epoch and number of its first tap."""


@dataclass(frozen=True, kw_only=True)
class RideWhy:
    """A stored ride, executed again.

    :ivar steps: how its price came about, step by step
    :ivar is_same: what came out is what is stored
    :ivar pack_hash: the rules that were executed; ``revision`` of the month that used them
    :ivar rights: versions of the rights that the decision used; ``bindings`` of cards likewise
    """

    ride: RideView
    steps: tuple[Explained, ...]
    is_same: bool
    pack_hash: str
    revision: int
    decided_at: dt.datetime
    points_open: int
    rights: tuple[int, ...]
    bindings: tuple[int, ...]


def explain_stored(
    *, access: Access, member_id: int, ride: RideId, at: dt.datetime, grants: Grants
) -> RideWhy:
    """Execute a stored ride's decision again, and say every step of it in Chinese and English.

    :param access: must cover the field ``taps`` of this member
    :param at: the time of the ride's first tap
    :param grants: tells from which day the month's allowance may be used
    :raises NotFound: this member has no such ride now
    :raises AccessTooNarrow: the access doesn't cover it
    """
    access.require(RIDES_FIELD, members=[member_id])
    view = ride_of(access=access, member_id=member_id, ride=ride, at=at)
    decision = _latest(view.month, [member_id])[member_id]
    found = _execute(view.month, [decision], grants)
    same = compare(
        month=view.month, riders=_column([member_id]), rides=found.table,
        book=found.book,
    )  # fmt: skip
    return RideWhy(
        ride=view,
        steps=tuple(_steps(found, ride)),
        is_same=not _holds(same.added, ride) and not _holds(same.closed, ride),
        pack_hash=decision.pack_hash,
        revision=decision.revision,
        decided_at=decision.decided_at,
        points_open=decision.points_open,
        rights=tuple(decision.rights),
        bindings=tuple(decision.bindings),
    )


def unexplained(*, month: dt.date, riders: Sequence[int], grants: Grants) -> int:
    """Execute the decisions of some riders' month again, and return how many stored rides did not
    come out as they are stored.

    :param riders: members; below zero cards that are nobody's (minus their keys)
    """
    by_pack: dict[str, list[Any]] = defaultdict(list)
    for decision in _latest(month, riders).values():
        by_pack[decision.pack_hash].append(decision)
    return sum(_differing(month, own, grants) for own in by_pack.values())


def _differing(month: dt.date, decisions: Sequence[Any], grants: Grants) -> int:
    found = _execute(month, decisions, grants)
    riders = _column([one.rider for one in decisions])
    changed = compare(month=month, riders=riders, rides=found.table, book=found.book)
    return max(len(changed.added), len(changed.closed))


def _latest(month: dt.date, riders: Sequence[int]) -> dict[int, Any]:
    asked = {"month": month, "riders": list(riders)}
    return {one.rider: one for one in rows(statement(__file__, "latest_decisions"), asked)}


def _execute(month: dt.date, decisions: Sequence[Any], grants: Grants) -> WorkedOut:
    """Work some riders' month out as their decisions did; all of them by the same pack."""
    granted = {one.rider: one.points_open for one in decisions}

    def as_decided(members: Sequence[int], asked: dt.date) -> Mapping[int, Grant]:
        had = [member for member in members if granted.get(member)]
        known = grants(had, asked)
        return {
            member: Grant(granted[member], known[member].starts_on if member in known else asked)
            for member in had
        }

    riders = _column([one.rider for one in decisions])
    pack = _pack(decisions[0].pack_hash)
    return work_out(pack=pack, month=month, riders=riders, grants=as_decided)


def _pack(pack_hash: str) -> Pack:
    """Return the pack of a decision; today's where it was decided by what nobody activated."""
    if pack_hash == current_pack().hash:
        return current_pack()
    return kept_pack(pack_hash=pack_hash)


def _column(riders: Sequence[int]) -> Column:
    return np.array(sorted(riders), np.int64)


def _steps(found: WorkedOut, ride: RideId) -> list[Explained]:
    [place] = np.flatnonzero(_is(found.table, ride))
    [row] = np.flatnonzero(found.known == place) if place in found.known else [-1]
    if row < 0:
        return [Explained("unpriced", UNPRICED.zh, UNPRICED.en, {}, "")]
    return explain_ride(book=found.book, rides=found.columns, row=int(row))


def _is(table: Any, ride: RideId) -> Any:
    reader, epoch, seq = ride
    return (table["reader_id"] == reader) & (table["epoch"] == epoch) & (table["seq"] == seq)


def _holds(table: Any, ride: RideId) -> bool:
    return bool(np.any(_is(table, ride)))
