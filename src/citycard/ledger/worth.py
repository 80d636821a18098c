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
    return sorted({rate["from"] for one in _conversions() for rate in one["rate"]})


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
    """Return the rate of the partner's own conversion, or of one that any till offers."""
    offered = [one for one in _conversions() if one["unit"] == unit]
    own = [one for one in offered if one.get("partner") == partner]
    anybodys = [one for one in offered if "partner" not in one]
    for conversion in (*own, *anybodys):
        begun = [rate for rate in conversion["rate"] if day is not None and rate["from"] <= day]
        if begun:
            found: Mapping[str, Any] = max(begun, key=lambda rate: rate["from"])
            return found
    return None


def _conversions() -> Iterator[Mapping[str, Any]]:
    yield from current_pack().table("points")["conversions"].values()
