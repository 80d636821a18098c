"""What may be loaded onto a card, and what a card's own words prove. Pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.redemptions.values import CardReading, Says, Session, Way


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The pack's terms of one conversion on one day.

    :ivar points_rate, ntd_rate: so many points are so many NT$
    """

    kind: str
    way: Way
    unit: str
    partner: str
    media: frozenset[str]
    points_rate: int
    ntd_rate: int
    least: int
    step: int
    most_each_time: int
    most_each_day: int
    purse_max: int
    choices: tuple[int, ...]
    reservation: dt.timedelta

    def worth(self, points: int) -> int | None:
        """Return what points are worth in NT$; None when that isn't a whole number."""
        value, rest = divmod(points * self.ntd_rate, self.points_rate)
        return None if rest else value

    def most_now(self, *, points: int, purse: int | None, used_today: int) -> tuple[int, str]:
        """Return the most points that may be redeemed now and, for none, which limit says so.

        :param purse: what the card holds; None where no card is written
        """
        bounds = {"no_points": points}
        if purse is not None:
            bounds["purse_full"] = (self.purse_max - purse) * self.points_rate // self.ntd_rate
        bounds["day_limit"] = self.most_each_day - used_today
        bounds["each_time"] = self.most_each_time
        tightest = min(bounds, key=lambda name: bounds[name])
        most = max(0, bounds[tightest]) // self.step * self.step
        return (most, "") if most >= self.least else (0, tightest)


def terms_on(table: Mapping[str, Any], kind: str, on: dt.date) -> Terms:
    """Return the terms of a conversion on a day, from the pack's table ``points``."""
    conversion, kiosk = table["conversions"][kind], table["kiosk"]
    rate = dated(conversion["rate"], on)
    limits = conversion.get("limits") or {
        "least": kiosk["min_points"],
        "step": kiosk["step_points"],
        "each_time": kiosk["max_points_each_time"],
        "each_day": kiosk["max_points_each_day"],
    }
    return Terms(
        kind=kind,
        way=conversion["way"],
        unit=conversion["unit"],
        partner=conversion.get("partner", ""),
        media=frozenset(conversion.get("media", ())),
        points_rate=rate["points"],
        ntd_rate=rate["ntd"],
        least=dated(limits["least"], on)["amount"],
        step=dated(limits["step"], on)["amount"],
        most_each_time=dated(limits["each_time"], on)["amount"],
        most_each_day=dated(limits["each_day"], on)["amount"],
        purse_max=dated(kiosk["purse_max_ntd"], on)["amount"],
        choices=tuple(kiosk["choices"]),
        reservation=dt.timedelta(seconds=kiosk["reservation_seconds"]),
    )


def dated(values: Sequence[Mapping[str, Any]], on: dt.date) -> Mapping[str, Any]:
    """Return the row that holds on a day: the newest that has begun.

    :raises LookupError: the day is before the first; the message names that date
    """
    begun = [row for row in values if row["from"] <= on]
    if not begun:
        first = min(row["from"] for row in values)
        raise LookupError(f"nothing holds on {on}; the first value is from {first}")
    return max(begun, key=lambda row: row["from"])


def judge(session: Session, reading: CardReading) -> tuple[Says, str]:
    """Tell from a card's own words whether a session's amount was written to it, and why so.

    The counter goes up by one with every change of the purse and never down, so the change that
    would be ours is the one that leads to ``counter_before + 1``.
    """
    assert session.counter_before is not None, "no card is in this session"
    assert session.purse_before is not None, "no card is in this session"
    ours = session.counter_before + 1
    if reading.counter < session.counter_before:
        return "unclear", "counter went back"
    if reading.counter == session.counter_before:
        same = reading.purse == session.purse_before
        return (
            ("not_written", "counter unchanged") if same else ("unclear", "purse without counter")
        )
    line = next((line for line in reading.recent if line.counter == ours), None)
    if line is not None:
        written = line.amount_ntd == session.ntd and line.terminal == session.terminal
        return ("written", "card's record") if written else ("not_written", "card's record")
    if reading.counter == ours and reading.purse == session.purse_before + session.ntd:
        return "written", "counter and purse"
    return "unclear", "counter moved on"
