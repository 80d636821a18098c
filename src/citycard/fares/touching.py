"""Whose months are to be decided again: after readings, and when rights or cards change."""

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np

from citycard.fares.binary import Shape, read
from citycard.fares.books import book
from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack
from citycard.kernel.spans import spans

_Y2000 = dt.date(2000, 1, 1)
_TOUCHED = Shape((("month", "i4"), ("rider", "i8")))

RiderMonths = set[tuple[dt.date, int]]


def touched_by_readings(*, batch_ids: Sequence[int], months: Sequence[dt.date]) -> RiderMonths:
    """Return whose months batches of readings touch: those they lie in, a neighbour's where they
    lie at its edge, and the month of a ride that waited for such a boarding.

    :param months: local months of the readings, first days
    """
    pack = current_pack()
    if not pack.table("fares"):
        return set()
    asked = {
        **spans(batch_ids)._asdict(),
        "months": sorted(set(months)),
        "longest": dt.timedelta(seconds=book(pack=pack).longest_ride_s),
        "zone": pack.time.zone.key,
    }
    found = read(statement(__file__, "touched_by_readings"), asked, _TOUCHED)
    day = {n: _Y2000 + dt.timedelta(days=n) for n in np.unique(found["month"]).tolist()}
    each = zip(found["month"].tolist(), found["rider"].tolist(), strict=True)
    return {(day[month], rider) for month, rider in each}


def touched_by_rights(*, member_ids: Sequence[int]) -> RiderMonths:
    """Return the months that members were decided in with other rights than they have now."""
    return _found("touched_by_rights", {"members": sorted(set(member_ids)), "codes": _codes()})


def touched_by_facts(*, member_ids: Sequence[int], since: dt.date) -> RiderMonths:
    """Return the months, from one on, that members were decided in."""
    return _found("touched_by_facts", {"members": sorted(set(member_ids)), "since": since})


def touched_by_cards(*, card_ids: Sequence[int]) -> RiderMonths:
    """Return whose months cards were used in, by what is stored and by whose they are now."""
    asked = {"cards": sorted(set(card_ids)), "zone": current_pack().time.zone.key}
    return _found("touched_by_cards", asked)


def _codes() -> list[str]:
    fares = current_pack().table("fares") or {"marks": {}}
    named = {row["entitlement"] for row in fares["marks"].values() if "entitlement" in row}
    return sorted(named)


def _found(name: str, asked: Mapping[str, object]) -> RiderMonths:
    return {(row.local_month, row.rider) for row in rows(statement(__file__, name), asked)}
