"""Storing a batch: each new tap once, with its answer and what it was judged by."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from citycard.infra import crypto
from citycard.infra.columns import (
    BOOL,
    DATE,
    INSTANT,
    INT2,
    INT4,
    INT8,
    Column,
    add_rows,
    days_2000,
    us_2000,
)
from citycard.infra.database import execute
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.taps import events
from citycard.taps.codes import Code
from citycard.taps.columns import AnswerColumns, Whole
from citycard.taps.keeping_apart import KEEP_APART, keep_apart
from citycard.taps.opened import OpenBatch, Outcomes, State
from citycard.taps.sites import profile_numbers, sort_numbers
from citycard.taps.values import TapRead

_TAIL = 4
_BATCH = """
INSERT INTO taps_batch (id, received_at, pack_hash, taps)
VALUES (%s::bigint, %s::timestamptz, %s::text, %s::integer)
"""


def store(*, batch: OpenBatch, outcomes: Outcomes, now: dt.datetime) -> AnswerColumns:
    """Store what is new, keep conflicts and impossible times apart, and return all answers.

    :param outcomes: what the flow found out about the batch's new taps
    """
    require_unit_of_work()
    new = np.flatnonzero(batch.new)
    apart = {state: np.flatnonzero(batch.state == state) for state in KEEP_APART}
    if len(new) or len(apart[State.QUARANTINED]):
        execute(_BATCH, [batch.batch_id, now, batch.pack_hash, len(new)], prepare=True)
    if len(new):
        add_rows("taps_tap", _columns(batch, new, outcomes))
        months = tuple(month.isoformat() for month in batch.months_of(batch.new))
        announce(events.TapsStored(batch_id=batch.batch_id, months=months, taps=len(new)))
    for state, places in apart.items():
        if len(places):
            keep_apart(state, batch, places.tolist(), now)
    if batch.ambiguous:
        _keep_ambiguous(batch, now)
    return _answers(batch, outcomes)


def _columns(batch: OpenBatch, new: Whole, outcomes: Outcomes) -> list[Column]:
    c = batch.columns
    if len(new) == len(batch):
        new = slice(None)  # type: ignore[assignment]  # all of them: no copies
    told = _profile_numbers(batch, outcomes)
    ids = {
        "card_id": batch.card_id,
        "member_id": batch.member_id,
        "binding_id": batch.binding_id,
        "right_id": batch.right_id,
        "link_id": outcomes.link_id,
        "campaign_id": outcomes.campaign_id,
    }
    return [
        Column("at", INSTANT, us_2000(c.at_us[new])),
        Column("reader_id", INT8, c.device_id[new]),
        Column("seq", INT8, c.seq[new]),
        Column("batch_id", INT8, np.full(len(c), batch.batch_id)[new]),
        Column("content_hash", INT8, batch.content_hash[new]),
        *(Column(name, INT8, of[new], of[new] == 0) for name, of in ids.items()),
        Column("local_month", DATE, days_2000(batch.month()[new])),
        Column("epoch", INT4, c.epoch[new]),
        Column("site_id", INT4, batch.site[new]),
        Column("sort_id", INT4, _sorts(c.issuer, c.number_kind)[new]),
        Column("points", INT4, outcomes.points[new]),
        Column("code", INT2, outcomes.code[new]),
        Column("profile_id", INT2, told[new], told[new] == 0),
        Column("late", BOOL, batch.late[new]),
        Column("number_tail", None, np.array([one[-_TAIL:].encode() for one in c.number])[new]),
    ]


def _sorts(issuers: Sequence[str], kinds: Sequence[str]) -> Whole:
    sorts = list(zip(issuers, kinds, strict=True))
    numbers = sort_numbers(set(sorts))
    return np.array([numbers[sort] for sort in sorts], np.int64)


def _profiles(batch: OpenBatch, outcomes: Outcomes) -> Whole:
    """Return which class the readers of new taps are told, by place from 1: of cards that are
    taken."""
    taken = batch.new & (outcomes.code <= Code.NO_POINTS_LEFT)
    return np.where(taken, batch.profile, 0).astype(np.int64)


def _profile_numbers(batch: OpenBatch, outcomes: Outcomes) -> Whole:
    places = _profiles(batch, outcomes)
    if not places.any():
        return places
    told = [batch.classes[place - 1] for place in np.unique(places[places > 0]).tolist()]
    numbers = profile_numbers(told)
    return np.array([0, *(numbers.get(one, 0) for one in batch.classes)], np.int64)[places]


def _answers(batch: OpenBatch, outcomes: Outcomes) -> AnswerColumns:
    new = batch.new
    answers = AnswerColumns(
        code=np.where(new, outcomes.code, batch.code).astype(np.int16),
        points=np.where(new, outcomes.points, 0).astype(np.int32),
        agency_numbers=dict(outcomes.agency_numbers),
        paid=dict(outcomes.paid),
        profiles=_named(batch, _profiles(batch, outcomes)),
    )
    if not batch.told and not batch.same_as:
        return answers
    numbers, paid = dict(answers.agency_numbers), dict(answers.paid)
    profiles = dict(answers.profiles)
    for i, told in batch.told.items():
        answers.points[i] = told.points
        if told.agency_number is not None:
            numbers[i] = told.agency_number
        if told.profile:
            profiles[i] = told.profile
    for i, first in batch.same_as.items():
        answers.code[i], answers.points[i] = answers.code[first], answers.points[first]
        for part in (numbers, paid, profiles):
            _say_again(part, i, first)
    return replace(answers, agency_numbers=numbers, paid=paid, profiles=profiles)


def _named(batch: OpenBatch, places: Whole) -> dict[int, str]:
    return {i: batch.classes[places[i] - 1] for i in np.flatnonzero(places).tolist()}


def _say_again(part: dict[int, Any], i: int, first: int) -> None:
    if first in part:
        part[i] = part[first]


_KEEP_AMBIGUOUS = """
INSERT INTO taps_ambiguous (reader_id, epoch, seq, local_month, at, received_at, agency, issuer,
    number_kind, number_sealed)
SELECT reader_id, epoch, seq, local_month, at, %s, agency, issuer, number_kind, number_sealed
FROM unnest(%s::bigint[], %s::integer[], %s::bigint[], %s::date[], %s::timestamptz[], %s::text[],
            %s::text[], %s::text[], %s::bytea[])
     AS t(reader_id, epoch, seq, local_month, at, agency, issuer, number_kind, number_sealed)
ON CONFLICT DO NOTHING
"""


def _keep_ambiguous(batch: OpenBatch, now: dt.datetime) -> None:
    reads = [batch.read(i) for i in batch.ambiguous]
    months = batch.month()[list(batch.ambiguous)].astype("M8[D]")
    execute(
        _KEEP_AMBIGUOUS,
        [
            now,
            [read.device_id for read in reads],
            [read.epoch for read in reads],
            [read.seq for read in reads],
            [month.item() for month in months],
            [read.at for read in reads],
            [batch.site_of(i).agency for i in batch.ambiguous],
            [read.issuer for read in reads],
            [read.number_kind for read in reads],
            [crypto.seal(AMBIGUOUS, read.number, row=_row(read)) for read in reads],
        ],
    )


AMBIGUOUS = "taps.ambiguous.number"


def _row(read: TapRead) -> str:
    return f"{read.device_id}:{read.epoch}:{read.seq}"
