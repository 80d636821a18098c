"""What points are worth in NT$ when a partner has turned them into something, by the pack's dated
rates."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
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


def dollar_units(*, on: dt.date) -> set[str]:
    """Return the units of which people can turn a point into a dollar on a local day."""
    return {
        one["unit"]
        for one in _conversions()
        if (rate := _newest(one["rate"], on)) and rate["points"] == rate["ntd"]
    }


def _rate(unit: str, partner: str, day: dt.date | None) -> Mapping[str, Any] | None:
    """Return the rate of the partner's own conversion, of one that any till offers, or what a unit
    that is filled each month pays."""
    offered = [one for one in _conversions() if one["unit"] == unit]
    own = [one for one in offered if one.get("partner") == partner]
    anybodys = [one for one in offered if "partner" not in one]
    for conversion in (*own, *anybodys):
        if found := _newest(conversion["rate"], day):
            return found
    return _of_month(unit, day)


def _of_month(unit: str, day: dt.date | None) -> Mapping[str, Any] | None:
    pays = _newest(_units().get(unit, {}).get("monthly", {}).get("each_ntd", ()), day)
    return None if pays is None else {"points": 1, "ntd": pays["amount"]}


def _newest(dated: Sequence[Mapping[str, Any]], day: dt.date | None) -> Mapping[str, Any] | None:
    begun = [one for one in dated if day is not None and one["from"] <= day]
    return max(begun, key=lambda one: one["from"]) if begun else None


def _conversions() -> Iterator[Mapping[str, Any]]:
    yield from current_pack().table("points")["conversions"].values()


def _units() -> Mapping[str, Any]:
    units: Mapping[str, Any] = current_pack().table("points")["units"]
    return units
