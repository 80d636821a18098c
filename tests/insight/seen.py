"""Taps for tests of the figures, stored through the face of taps."""

import datetime as dt
import hashlib
from itertools import count
from zoneinfo import ZoneInfo

from citycard.infra.partitions import ensure_month
from citycard.infra.unit_of_work import unit_of_work
from citycard.taps import api as taps

TAIPEI = ZoneInfo("Asia/Taipei")
_numbers = count(1)


def at(day: int, hour: int = 10, month: int = 3) -> dt.datetime:
    """An instant of 2016 by Taipei's clock."""
    return dt.datetime(2016, month, day, hour, tzinfo=TAIPEI)


def tap(member, when, *, service="sports-visit", place="sports-daan", code=taps.Code.ACCEPTED):
    """One new tap and what it was answered."""
    seq = next(_numbers)
    read = taps.TapRead(
        device_id=1,
        epoch=1,
        seq=seq,
        at=when,
        issuer="easycard",
        number_kind="printed",
        number="0912000000000017",
    )
    opened = taps.OpenedTap(
        state="new",
        code=code,
        answer=None,
        same_as=None,
        impossible=None,
        card_id=member,
        member_id=member,
        binding_id=None,
        right_id=None,
        service=service,
        agency=place,
        place=place,
        answers_number=False,
        needs_link=False,
        content_hash=hashlib.sha256(str(seq).encode()).digest(),
        local_month=when.astimezone(TAIPEI).date().replace(day=1),
        late=False,
    )
    return read, opened


def store(*seen) -> None:
    """Store taps as one batch, in a unit of work of its own."""
    for month in {opened.local_month for _, opened in seen}:
        with unit_of_work():
            ensure_month("taps_tap", month)
    batch = taps.OpenBatch(
        reads=tuple(read for read, _ in seen),
        taps=tuple(opened for _, opened in seen),
        pack_hash="test",
    )
    answers = [taps.Outcome(answer=taps.TapAnswer(code=opened.code)) for _, opened in seen]
    with unit_of_work():
        taps.store(batch=batch, outcomes=answers, now=seen[0][0].at)
