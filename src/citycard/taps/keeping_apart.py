"""Keeping taps apart that are not judged: of an impossible time, or under a number that is taken.

What a device answered or charged is a fact all the same, and its journal may let go of it: the
whole tap is kept, sealed, for whoever looks into it.
"""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from citycard.infra import crypto
from citycard.infra.database import execute
from citycard.taps.deciding import IMPOSSIBLE
from citycard.taps.opened import OpenBatch, State
from citycard.taps.values import TapRead

_KEEP = """
INSERT INTO {table} (reader_id, epoch, seq, content_hash, at, received_at, issuer, number_kind,
    tap_sealed
    {reason_column})
SELECT reader_id, epoch, seq, content_hash, at, %s, issuer, number_kind, tap_sealed
    {reason_column}
FROM unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[],
            %s::text[], %s::bytea[], %s::text[])
     AS t(reader_id, epoch, seq, content_hash, at, issuer, number_kind, tap_sealed, reason)
ON CONFLICT DO NOTHING
"""
KEEP_APART = {
    State.QUARANTINED: _KEEP.format(table="taps_quarantine", reason_column=", reason"),
    State.CONFLICT: _KEEP.format(table="taps_conflict", reason_column=""),
}
_LABEL = {State.QUARANTINED: "taps.quarantine.tap", State.CONFLICT: "taps.conflict.tap"}
_PARTS = ("ride", "sale", "answered")


class Took(NamedTuple):
    """What the device says that it took at a tap which was kept apart.

    :ivar points: of a month's allowance; ``charged_ntd`` of the stored value
    """

    points: int = 0
    charged_ntd: int = 0


def keep_apart(state: State, batch: OpenBatch, places: Sequence[int], now: dt.datetime) -> None:
    """Keep taps of a batch apart, each with all that its reader sent."""
    reads = [batch.read(i) for i in places]
    hashes = batch.content_hash[places].tolist()
    execute(
        KEEP_APART[state],
        [
            now,
            [read.device_id for read in reads],
            [read.epoch for read in reads],
            [read.seq for read in reads],
            hashes,
            [read.at for read in reads],
            [read.issuer for read in reads],
            [read.number_kind for read in reads],
            [
                crypto.seal(_LABEL[state], _whole(read), row=_row(*read[:3], content))
                for read, content in zip(reads, hashes, strict=True)
            ],
            [IMPOSSIBLE.get(int(batch.impossible[i])) for i in places],
        ],
    )


def opened(
    state: State, *, reader_id: int, epoch: int, seq: int, content_hash: int, sealed: bytes
) -> dict[str, Any]:
    """Return what a reader sent with a tap that was kept apart: ``number``, and of ``ride``,
    ``sale`` and ``answered`` what there was."""
    row = _row(reader_id, epoch, seq, content_hash)
    said: dict[str, Any] = json.loads(crypto.unseal(_LABEL[state], sealed, row=row))
    return said


def took(said: dict[str, Any]) -> Took:
    """Return what a device took by what it sent."""
    ride, answered = said.get("ride", {}), said.get("answered", {})
    alone = answered.get("points", 0) if answered.get("code") == "accepted" else 0
    return Took(alone + ride.get("points_taken", 0), ride.get("charged_ntd", 0))


def _whole(read: TapRead) -> str:
    said: dict[str, Any] = {"number": read.number}
    for name in _PARTS:
        if (part := getattr(read, name)) is not None:
            said[name] = part._asdict()
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _row(reader_id: int, epoch: int, seq: int, content_hash: int) -> str:
    return f"{reader_id}:{epoch}:{seq}:{content_hash}"
