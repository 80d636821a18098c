"""Keeping shifts: each version is a row of its own; the minutes by which it differs are posted."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.activities.volunteering_deciding import Decided
from citycard.activities.volunteering_rule import time_bank
from citycard.infra.database import execute, row, rows
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger


@dataclass(slots=True)
class Volunteer:
    """One volunteer at one organiser, locked while their hours are worked out."""

    member_id: int
    organiser: str
    number: int
    fund_id: int
    minutes: int
    owed: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """A new version of a shift that changes its minutes.

    :ivar at: when the minutes were earned or, for a correction, when it was made
    """

    shift_id: int
    version: int
    member_id: int
    organiser: str
    difference: int
    is_correction: bool
    at: dt.datetime
    key: uuid.UUID
    expires_on: dt.date | None


def keep(
    volunteer: Volunteer,
    decided: Sequence[Decided],
    mark_keys: Iterable[uuid.UUID],
    *,
    actor: Actor,
    now: dt.datetime,
) -> list[Change]:
    """Keep a volunteer's shifts where they differ from what stands; return changes of minutes.

    :param mark_keys: of the marks that were looked at: a stored shift that began with one of them
        and is not decided any more is gone
    """
    stored = _stored([one.key for one in decided], mark_keys)
    wanted = {one.key: one for one in decided}
    for key, shift in stored.items():
        wanted.setdefault(key, _gone(shift))
    changes = []
    for key, one in wanted.items():
        change = _keep_one(volunteer, one, stored.get(key), actor, now)
        if change is not None:
            changes.append(change)
    return changes


def _stored(keys: Iterable[uuid.UUID], mark_keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, Any]:
    found = rows(
        """
        SELECT s.id, s.key, s.place, s.day, s.starts_at, s.ends_at, s.minutes, s.state, s.version,
               s.word_id, EXISTS (SELECT FROM activities_volunteer_version v
                                  WHERE v.shift_id = s.id AND v.difference <> 0) AS was_posted
        FROM activities_volunteer_shift s WHERE s.key = ANY (%s::uuid[])
        """,
        [sorted({*keys, *mark_keys})],
    )
    return {shift.key: shift for shift in found}


def _gone(shift: Any) -> Decided:
    return Decided(
        key=shift.key,
        place=shift.place,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        minutes=0,
        state="gone",
    )


def _keep_one(
    volunteer: Volunteer, one: Decided, before: Any | None, actor: Actor, now: dt.datetime
) -> Change | None:
    """Keep one shift if it differs; the first hours are booked when they were worked."""
    if before is not None and _same(one, before):
        return None
    difference = one.minutes - (before.minutes if before else 0)
    first = one.word_id is None and not (before and before.was_posted)
    at = one.ends_at if first and one.ends_at is not None else now
    day = current_pack().time.day(one.starts_at or one.ends_at or now)
    shift_id, version = _write_shift(volunteer, one, day, before)
    key = fact_key(at, "volunteer.hours", one.key, version)
    _write_version(shift_id, version, one, difference, at, key, actor, now)
    if not difference:
        return None
    return Change(
        shift_id=shift_id,
        version=version,
        member_id=volunteer.member_id,
        organiser=volunteer.organiser,
        difference=difference,
        is_correction=not first,
        at=at,
        key=key,
        expires_on=ledger.last_day(unit=time_bank().unit, earned_on=before.day if before else day),
    )


def _same(one: Decided, before: Any) -> bool:
    now_and_before: tuple[Mapping[str, Any], ...] = tuple(
        {name: getattr(it, name) for name in ("starts_at", "ends_at", "minutes", "state")}
        for it in (one, before)
    )
    return now_and_before[0] == now_and_before[1] and one.word_id == before.word_id


def _write_shift(
    volunteer: Volunteer, one: Decided, day: dt.date, before: Any | None
) -> tuple[int, int]:
    version = before.version + 1 if before else 1
    written = row(
        """
        INSERT INTO activities_volunteer_shift AS s
            (key, member_id, organiser, place, day, starts_at, ends_at, minutes, state, version,
             word_id)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (key) DO UPDATE SET day = excluded.day, starts_at = excluded.starts_at,
            ends_at = excluded.ends_at, minutes = excluded.minutes, state = excluded.state,
            version = excluded.version, word_id = excluded.word_id
        RETURNING s.id
        """,
        [
            one.key,
            volunteer.member_id,
            volunteer.organiser,
            one.place,
            day,
            one.starts_at,
            one.ends_at,
            one.minutes,
            one.state,
            version,
            one.word_id,
        ],
    )
    assert written is not None
    return int(written.id), version


def _write_version(
    shift_id: int,
    version: int,
    one: Decided,
    difference: int,
    at: dt.datetime,
    key: uuid.UUID,
    actor: Actor,
    now: dt.datetime,
) -> None:
    execute(
        """
        INSERT INTO activities_volunteer_version
            (shift_id, version, state, starts_at, ends_at, minutes, difference, word_id, at,
             move_key, pack_hash, recorded_at, recorded_by)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            shift_id,
            version,
            one.state,
            one.starts_at,
            one.ends_at,
            one.minutes,
            difference,
            one.word_id,
            at,
            key if difference else None,
            current_pack().hash,
            now,
            actor.id,
        ],
    )
