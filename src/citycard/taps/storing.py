"""Storing a batch: each new tap once, with its answer and what it was judged by."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from citycard.infra import crypto
from citycard.infra.database import execute, rows, statement
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.taps import events
from citycard.taps.values import OpenBatch, Outcome, TapAnswer, TapRead

_TAIL = 4


def store(
    *, batch: OpenBatch, outcomes: Sequence[Outcome | None], now: dt.datetime
) -> list[TapAnswer]:
    """Store what is new, keep conflicts and impossible times apart, and return all answers in
    order.

    :param outcomes: in parallel to the batch; None where the tap is not ``new``
    """
    require_unit_of_work()
    places = _by_state(batch)
    if places["new"] or places["quarantined"]:
        batch_id = _insert(batch, places, outcomes, now)
        months = sorted({batch.taps[i].local_month.isoformat() for i in places["new"]})
        if months:
            taps = len(places["new"])
            announce(events.TapsStored(batch_id=batch_id, months=tuple(months), taps=taps))
    for table in ("quarantined", "conflict"):
        if places[table]:
            _keep_apart(table, batch, places[table], now)
    return [_answer(i, batch, outcomes) for i in range(len(batch.taps))]


def _by_state(batch: OpenBatch) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {state: [] for state in ("new", "quarantined", "conflict")}
    for i, tap in enumerate(batch.taps):
        if tap.state in places:
            places[tap.state].append(i)
    return places


def _answer(i: int, batch: OpenBatch, outcomes: Sequence[Outcome | None]) -> TapAnswer:
    tap = batch.taps[i]
    if tap.same_as is not None:
        return _answer(tap.same_as, batch, outcomes)
    outcome = outcomes[i]
    answer = outcome.answer if outcome is not None else tap.answer
    assert answer is not None, "a new tap needs an outcome"
    return answer


def _insert(
    batch: OpenBatch,
    places: dict[str, list[int]],
    outcomes: Sequence[Outcome | None],
    now: dt.datetime,
) -> int:
    """Insert the new taps, mark new and quarantined numbers as taken; returns the batch's id."""
    taken = [batch.reads[i] for i in places["new"] + places["quarantined"]]
    stored = rows(
        statement(__file__, "store"),
        {
            "now": now,
            "pack_hash": batch.pack_hash,
            "taken_readers": [read.device_id for read in taken],
            "taken_epochs": [read.epoch for read in taken],
            "taken_seqs": [read.seq for read in taken],
            # an impossible time says nothing about when the reader was last tapped
            "taken_ats": [
                batch.reads[i].at if batch.taps[i].state == "new" else None
                for i in places["new"] + places["quarantined"]
            ],
            **_columns(batch, places["new"], outcomes),
        },
        prepare=True,
    )
    return int(stored[0].id)


def _columns(
    batch: OpenBatch, new: Sequence[int], outcomes: Sequence[Outcome | None]
) -> dict[str, list[Any]]:
    reads = [batch.reads[i] for i in new]
    taps = [batch.taps[i] for i in new]
    found = [outcome for outcome in (outcomes[i] for i in new) if outcome is not None]
    return {
        "readers": [read.device_id for read in reads],
        "epochs": [read.epoch for read in reads],
        "seqs": [read.seq for read in reads],
        "ats": [read.at for read in reads],
        "issuers": [read.issuer for read in reads],
        "kinds": [read.number_kind for read in reads],
        "tails": [read.number[-_TAIL:] for read in reads],
        "months": [tap.local_month for tap in taps],
        "cards": [tap.card_id for tap in taps],
        "members": [tap.member_id for tap in taps],
        "bindings": [tap.binding_id for tap in taps],
        "rights": [tap.right_id for tap in taps],
        "lates": [tap.late for tap in taps],
        "hashes": [tap.content_hash for tap in taps],
        "services": [tap.service for tap in taps],
        "agencies": [tap.agency for tap in taps],
        "places": [tap.place for tap in taps],
        "links": [outcome.link_id for outcome in found],
        "campaigns": [outcome.campaign_id for outcome in found],
        "points": [outcome.answer.points for outcome in found],
        "codes": [int(outcome.answer.code) for outcome in found],
    }


_KEEP = """
INSERT INTO {table} (reader_id, epoch, seq, content_hash, at, received_at, issuer, number_kind,
    number_sealed
    {reason_column})
SELECT reader_id, epoch, seq, content_hash, at, %s, issuer, number_kind, number_sealed
    {reason_column}
FROM unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::bytea[], %s::timestamptz[], %s::text[],
    %s::text[],
            %s::bytea[], %s::text[])
     AS t(reader_id, epoch, seq, content_hash, at, issuer, number_kind, number_sealed, reason)
ON CONFLICT DO NOTHING
"""
_KEEP_APART = {
    "quarantined": _KEEP.format(table="taps_quarantine", reason_column=", reason"),
    "conflict": _KEEP.format(table="taps_conflict", reason_column=""),
}


def _keep_apart(state: str, batch: OpenBatch, places: Sequence[int], now: dt.datetime) -> None:
    chosen = [(batch.reads[i], batch.taps[i]) for i in places]
    execute(
        _KEEP_APART[state],
        [
            now,
            [read.device_id for read, _ in chosen],
            [read.epoch for read, _ in chosen],
            [read.seq for read, _ in chosen],
            [tap.content_hash for _, tap in chosen],
            [read.at for read, _ in chosen],
            [read.issuer for read, _ in chosen],
            [read.number_kind for read, _ in chosen],
            [_sealed(state, read, tap.content_hash) for read, tap in chosen],
            [tap.impossible for _, tap in chosen],
        ],
    )


def _sealed(state: str, read: TapRead, content: bytes) -> bytes:
    row = f"{read.device_id}:{read.epoch}:{read.seq}:{content.hex()}"
    return crypto.seal(f"taps.{state}.number", read.number, row=row)
