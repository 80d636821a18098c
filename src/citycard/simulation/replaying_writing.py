"""Writing a replay's taps: batch after batch through the tapping flow, at the time at which each
reaches the city. What the city has accepted is left out, so a writer goes on wherever it ended."""

import datetime as dt
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from django.db import OperationalError

from citycard.flows import tapping
from citycard.infra import clock, failpoints
from citycard.simulation import replaying_files
from citycard.simulation.replaying_days import WINDOW, Days, Table, batches
from citycard.simulation.replaying_plan import WRITERS, Plan
from citycard.simulation.replaying_readers import Readers, readers_of
from citycard.simulation.replaying_rides import Uploads
from citycard.taps import api as taps

MOST = 8_000
SENT_AFTER = dt.timedelta(seconds=5)
TOLD_EVERY = dt.timedelta(days=1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_WAIT_S = 0.005
_TRIES = 5
_SEQ_BITS = 40


class Tells(Protocol):
    """Tells how far the work is, and has heard until when it may go."""

    heard: dict[str, Any]

    def tell(self, **said: Any) -> None:
        """Tell."""
        ...

    def is_time(self) -> bool:
        """Tell whether it's time to."""
        ...


class Upload(NamedTuple):
    """What reaches the city at an instant."""

    columns: taps.TapColumns
    now: dt.datetime


@dataclass
class Sent:
    """How much was sent so far, kept in a file through interruptions."""

    file: Path
    taps: int = 0

    @classmethod
    def kept_in(cls, file: Path) -> "Sent":
        """Go on counting where the file ended."""
        sent = cls(file)
        if file.exists():
            sent.taps = json.loads(file.read_text())["sent"]
        return sent

    def keep(self) -> None:
        """Write it down; a kill in between leaves the last count."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps({"sent": self.taps}))
        os.replace(fresh, self.file)


def write(*, plan: Plan, orders: Mapping[str, Any], line: Tells) -> None:
    """Write one writer's taps: drawn ones, or those of a file."""
    writer = int(orders["writer"])
    sent = Sent.kept_in(Path(orders["keep"]) / f"sent-{writer}.json")
    uploads = (
        _of_file(Path(orders["taps"]), writer)
        if orders.get("taps")
        else drawn(plan=plan, writer=writer, readers=readers_of(plan))
    )
    now = told_at = plan.opening
    for upload in uploads:
        now = upload.now
        _wait(line, now)
        with clock.stopped_at(upload.now):
            _take(upload)
        failpoints.reach("replay.batch.after_commit")
        sent.taps += len(upload.columns)
        line.heard["taps"] = line.heard.get("taps", 0) + len(upload.columns)
        if line.is_time() or now - told_at >= TOLD_EVERY:
            sent.keep()
            _tell(line, now)
            told_at = now
    sent.keep()
    _tell(line, now)


def _take(upload: Upload) -> None:
    """Let the city take an upload; like a reader, send it again when the city was in a deadlock."""
    for left in reversed(range(_TRIES)):
        try:
            tapping.take_columns(columns=upload.columns, now=upload.now)
            return
        except OperationalError:
            if not left:
                raise


def drawn(*, plan: Plan, writer: int, readers: Readers) -> Iterator[Upload]:
    """Yield one writer's taps that the city has not accepted, as they reach it."""
    days = Days(plan=plan, writer=writer)
    uploads = Uploads(plan=plan, writer=writer, readers=readers)
    mine = np.concatenate([own[writer] for own in readers.values()])
    accepted = Accepted.of(mine)
    for window, batch in batches(days, accepted.first_day(plan, writer, readers)):
        left = batch[~accepted.has(uploads.devices(batch), batch["seq"])]
        ends_us = int(days.starts_us[window]) + WINDOW
        now = EPOCH + dt.timedelta(microseconds=ends_us) + SENT_AFTER
        for some in _in_parts(left):
            yield Upload(uploads.columns(some, plan.pack.time.day(now)), now)


def _in_parts(batch: Table) -> Iterable[Table]:
    if len(batch):
        yield from np.array_split(batch, -(-len(batch) // MOST))


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What the city has accepted of readers, as sorted ranges of (reader, sequence)."""

    ranges: list[taps.AcceptedRange]
    lows: Any
    highs: Any

    @classmethod
    def of(cls, readers: Any) -> "Accepted":
        """Ask the city."""
        ranges = taps.accepted_ranges(reader_ids=[int(one) for one in readers])
        ranges = [one for one in ranges if one.epoch == 1]
        keys = np.array([one.reader_id << _SEQ_BITS for one in ranges], np.int64)
        return cls(
            ranges=ranges,
            lows=keys + np.array([one.first for one in ranges], np.int64),
            highs=keys + np.array([one.after for one in ranges], np.int64),
        )

    def has(self, devices: Any, seqs: Any) -> Any:
        """Tell of each tap whether it was accepted."""
        if not len(self.lows):
            return np.zeros(len(seqs), bool)
        keys = (devices.astype(np.int64) << _SEQ_BITS) + seqs
        place = np.searchsorted(self.lows, keys, side="right") - 1
        return (place >= 0) & (keys < self.highs[np.maximum(place, 0)])

    def first_day(self, plan: Plan, writer: int, readers: Readers) -> int:
        """Return the first day of which a tap is missing."""
        begun = {one.reader_id: one.after for one in self.ranges if one.first == 1}
        first = plan.days
        for line in plan.lines:
            own = readers[line.place][writer]
            missing = min(
                (begun.get(int(device), 1) - 1) * len(own) + n for n, device in enumerate(own)
            )
            before = np.cumsum(line.taps[:, writer])
            if missing < before[-1]:
                first = min(first, int(np.searchsorted(before, missing, side="right")))
        return first


def _of_file(file: Path, writer: int) -> Iterator[Upload]:
    """Yield a file's taps as they reach the city: those of this writer's readers."""
    accepted: Accepted | None = None
    for columns, now in replaying_files.uploads(file, writer=writer, writers=WRITERS):
        if accepted is None:
            accepted = Accepted.of(replaying_files.readers_in(file))
        left = np.flatnonzero(~accepted.has(columns.device_id, columns.seq))
        if len(left):
            yield Upload(replaying_files.some(columns, left.tolist()), now)


def _tell(line: Tells, now: dt.datetime) -> None:
    line.tell(taps=line.heard.pop("taps", 0), now_us=_us(now))


def _us(at: dt.datetime) -> int:
    return (at - EPOCH) // dt.timedelta(microseconds=1)


def _wait(line: Tells, now: dt.datetime) -> None:
    """Wait until a batch of this time may be written: see ``replaying.run``."""
    if line.heard.get("until_us", 0) < _us(now):
        _tell(line, now)
    while line.heard.get("until_us", 0) < _us(now):
        time.sleep(_WAIT_S)
