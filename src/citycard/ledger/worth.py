"""What points are worth in NT$ when a partner has turned them into something, by the pack's dated
rates."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from citycard.infra.packs import current_pack

MONEY = "ntd"
"""The unit of amounts that are dollars themselves: deposits with partners."""


def rate_days() -> list[dt.date]:
    """Return the days on which any rate of a conversion begins, in order."""
    monthly = (row["monthly"]["each_ntd"] for row in _units().values() if "monthly" in row)
    rates = (one["rate"] for one in _conversions())
    return sorted({rate["from"] for some in (*rates, *monthly) for rate in some})


def worth(*, unit: str, partner: str, amount: int, day: dt.date | None) -> int | None:
    """Return what an amount of a unit at a partner is worth, in whole NT$, half a dollar up.

    :param day: a day on which the rate held; None when it was before any
    :returns: None when the pack has no rate for it
    """
    if unit == MONEY:
        return amount
    rate = _rate(unit, partner, day)
    if rate is None:
        return None
    points, ntd = int(rate["points"]), int(rate["ntd"])
    whole = (2 * abs(amount) * ntd + points) // (2 * points)
    return whole if amount >= 0 else -whole


def _rate(unit: str, partner: str, day: dt.date | None) -> Mapping[str, Any] | None:
    """Return the rate of the partner's own conversion, of one that any till offers, or what a unit
    that is filled each month pays."""
    offered = [one for one in _conversions() if one["unit"] == unit]
    own = [one for one in offered if one.get("partner") == partner]
    anybodys = [one for one in offered if "partner" not in one]
    for conversion in (*own, *anybodys):
        begun = [rate for rate in conversion["rate"] if day is not None and rate["from"] <= day]
        if begun:
            found: Mapping[str, Any] = max(begun, key=lambda rate: rate["from"])
            return found
    return _of_month(unit, day)


def _of_month(unit: str, day: dt.date | None) -> Mapping[str, Any] | None:
    pays = _units().get(unit, {}).get("monthly", {}).get("each_ntd", ())
    begun = [one for one in pays if day is not None and one["from"] <= day]
    if not begun:
        return None
    return {"points": 1, "ntd": max(begun, key=lambda one: one["from"])["amount"]}


def _conversions() -> Iterator[Mapping[str, Any]]:
    yield from current_pack().table("points")["conversions"].values()


def _units() -> Mapping[str, Any]:
    units: Mapping[str, Any] = current_pack().table("points")["units"]
    return units
