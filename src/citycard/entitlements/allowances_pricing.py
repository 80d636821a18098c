"""What a month's points pay of a price at a till, a clinic or a venue. Pure: no database."""

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from citycard.entitlements.allowances_table import MonthlyUnit
from citycard.rules.api import NotYetInForce, Steps


@dataclass(frozen=True, slots=True)
class Asked:
    """What points may pay of a price.

    :ivar points: the most points
    :ivar whole: all of them or none, where last points may not be used in part
    """

    points: int
    whole: bool


class Priced(NamedTuple):
    """The price of a use at a till.

    :ivar each_ntd: what a point pays
    :ivar purse_ntd: the stored value that is there to pay of the rest
    """

    price_ntd: int
    each_ntd: int
    purse_ntd: int


def points_for(
    unit: MonthlyUnit,
    entitlement: str,
    category: str,
    *,
    day: dt.date,
    price_ntd: int,
    quantity: int,
) -> Asked | None:
    """Return what points pay of a price by the right's own rule; None when they don't pay for
    this.

    A rule's row says one of: ``cap`` (NT$ a use), ``cap_each`` (NT$ an hour or a piece), ``points``
    (of a piece), ``steps`` (by the price), ``all`` (whatever it costs) or ``none`` (not yet);
    ``partial: false`` forbids using last points in part.
    """
    dated = unit.spends(entitlement, category)
    if dated is None:
        return None
    try:
        rows = dated.version(day)
    except NotYetInForce:
        return None
    row = next((one.payload for one in rows if one.when is None), None)
    if row is None or row.get("none"):
        return None
    each = unit.ntd_of_a_point(day)
    most = price_ntd
    if "cap" in row:
        most = min(most, int(row["cap"]))
    if "cap_each" in row:
        most = min(most, int(row["cap_each"]) * quantity)
    if "points" in row:
        most = min(most, int(row["points"]) * each * quantity)
    if isinstance(row.get("steps"), Steps):
        step = row["steps"].at(price_ntd)
        most = min(most, int(step["points"]) * each) if step else 0
    return Asked(points=most // each, whole=row.get("partial") is False)


def rest(price_ntd: int, points: int, each_ntd: int, purse_ntd: int) -> tuple[int, int]:
    """Return what stored value and then cash pay of what points have left of a price."""
    left = price_ntd - points * each_ntd
    stored_value = min(left, max(purse_ntd, 0))
    return stored_value, left - stored_value
