"""Points that lapse: people are told some days ahead, and after the last day the points are gone.

Both are the pack's: how many days ahead, whether people are told afterwards, and where the points
go. A run that comes late catches up; one that comes twice does nothing.
"""

import datetime as dt

from citycard.infra import failpoints
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.ledger import api as ledger
from citycard.notify import api as notify

A_BATCH = 5000
TOLD_AHEAD = "ledger.points.lapsing"


def run(now: dt.datetime) -> None:
    """Let lapse what is over by the local day, once a day, and tell who is next; for the clock."""
    on = current_pack().time.day(now)
    tell_ahead(now)
    if not ledger.has_lapsed(on=on):
        lapse(now)


def lapse(now: dt.datetime) -> int:
    """Let everything lapse whose last day is over; returns how many lots did."""
    on, after, lots = current_pack().time.day(now), None, 0
    while True:
        with unit_of_work():
            batch = ledger.lapse_many(on=on, now=now, actor=SYSTEM, limit=A_BATCH, after=after)
            failpoints.reach("lapse.batch.before_commit")
        lots, after = lots + len(batch.lapsed), batch.after
        if after is None:
            return lots


def tell_ahead(now: dt.datetime) -> int:
    """Tell people whose points lapse within the pack's days; each once, returns how many."""
    on, told = current_pack().time.day(now), 0
    for unit, row in current_pack().table("points")["units"].items():
        for days in range(row["expires"].get("tell_days_ahead", -1) + 1):
            told += _tell_about(unit, on + dt.timedelta(days=days), now)
    return told


def _tell_about(unit: str, last_day: dt.date, now: dt.datetime) -> int:
    told = 0
    while True:
        with unit_of_work():
            found = ledger.take_lapsing(unit=unit, last_day=last_day, now=now, limit=A_BATCH)
            notify.tell_many(messages=[_message(one) for one in found], now=now)
        told += len(found)
        if len(found) < A_BATCH:
            return told


def _message(one: ledger.Lapsing) -> notify.NewMessage:
    return notify.NewMessage(
        event_key=f"{TOLD_AHEAD}:{one.unit}:{one.last_day}:{one.holder}",
        member_id=one.holder,
        code=TOLD_AHEAD,
        params={
            "points": one.amount,
            "unit": one.unit,
            "last_day": one.last_day.isoformat(),
        },
    )
