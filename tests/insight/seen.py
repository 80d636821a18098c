"""Taps for tests of the figures, stored through the face of taps."""

import datetime as dt
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from citycard.infra.database import execute, scalar
from citycard.infra.partitions import ensure_month
from citycard.infra.unit_of_work import unit_of_work
from citycard.taps import api as taps

TAIPEI = ZoneInfo("Asia/Taipei")
_numbers = count(1)


def at(day: int, hour: int = 10, month: int = 3) -> dt.datetime:
    """An instant of 2016 by Taipei's clock."""
    return dt.datetime(2016, month, day, hour, tzinfo=TAIPEI)


class Seen(NamedTuple):
    """A tap as it is to be stored."""

    read: taps.TapRead
    member: int | None
    site: tuple[str, str, str]
    code: taps.Code


def tap(member, when, *, service="sports-visit", place="sports-daan", code=taps.Code.ACCEPTED):
    """One new tap and what it was answered."""
    read = taps.TapRead(1, 1, next(_numbers), when, "easycard", "printed", "0912000000000017")
    return Seen(read, member, (service, place, place), code)


def store(*seen) -> None:
    """Store taps as one batch, in a unit of work of its own."""
    columns = taps.columns_of(reads=[one.read for one in seen])
    days = [one.read.at.astimezone(TAIPEI).date() for one in seen]
    for month in {day.replace(day=1) for day in days}:
        with unit_of_work():
            ensure_month("taps_tap", month)
    size = len(seen)
    nothing = np.zeros(size, np.int64)
    members = np.array([0 if one.member is None else one.member + 1 for one in seen])  # 0 is nobody
    with unit_of_work():
        batch = taps.OpenBatch(
            columns=columns,
            pack_hash="test",
            batch_id=scalar("SELECT nextval('taps_batch_id_seq')"),
            services=(),
            day=np.array([(day - dt.date(1970, 1, 1)).days for day in days]),
            state=np.zeros(size, np.int8),
            code=np.array([one.code for one in seen], np.int16),
            card_id=members,
            member_id=members,
            binding_id=nothing,
            right_id=nothing,
            service=nothing - 1,
            site=np.array([_site(*one.site) for one in seen]),
            content_hash=columns.seq,
            late=np.zeros(size, bool),
            impossible=np.zeros(size, np.int8),
            profile=np.zeros(size, np.int16),
        )
        taps.store(batch=batch, outcomes=taps.Outcomes.of(batch), now=seen[0].read.at)


def _site(service: str, agency: str, place: str) -> int:
    asked = [service, agency, place]
    execute(
        "INSERT INTO taps_site (service, agency, place) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        asked,
    )
    return scalar(
        "SELECT id FROM taps_site WHERE service = %s AND agency = %s AND place = %s", asked
    )
