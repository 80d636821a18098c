"""What an organiser says about shifts: a correction, a shift worked without a card, one struck out.

Nothing is edited: each word is a new entry with who said it and why, and the minutes' difference is
posted. The newest word about a shift counts.
"""

import datetime as dt
import uuid
from typing import Any

from citycard.activities.volunteering_queries import shift, shift_by_key, shifts_where
from citycard.activities.volunteering_rule import time_bank
from citycard.activities.volunteering_values import Shift, ShiftWords
from citycard.activities.volunteering_working_out import work_out
from citycard.infra.crypto import seal
from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

REASON = "activities.volunteer.reason"


class ReasonMissing(Refused):
    """Say why: the volunteer reads it."""

    code = "activities.reason_missing"


class ShiftTimesWrong(Refused):
    """A shift ends after it starts, and has ended by now."""

    code = "activities.shift_times_wrong"


class ShiftTooLong(Refused):
    """A shift lasts at most {longest} minutes; this one would last {minutes}."""

    code = "activities.shift_too_long"


class ShiftOverlaps(Refused):
    """The volunteer worked another shift then, from {starts_at} to {ends_at}."""

    code = "activities.shift_overlaps"


class ShiftChanged(Refused):
    """The shift has changed since you looked; please look again."""

    code = "activities.shift_changed"


def correct_shift(
    *,
    shift_id: int,
    version: int,
    words: ShiftWords,
    key: uuid.UUID,
    actor: Actor,
    now: dt.datetime,
) -> Shift:
    """Say what a shift really was, or strike it out; the difference in minutes is posted.

    :param version: of the shift that the organiser looked at
    :param key: names the click, so that a repeated one says it once
    :raises ReasonMissing, ShiftTimesWrong, ShiftTooLong, ShiftOverlaps: the words make no sense
    :raises ShiftChanged: a tap or a colleague was quicker
    :raises NotFound: there is no such shift
    """
    require_unit_of_work()
    _alone_with(shift(shift_id=shift_id).member_id)
    found = _locked(shift_id)
    if _known(key):
        return found
    if found.version != version:
        raise ShiftChanged()
    _check(words, found.member_id, shift_id, now)
    _say(found.key, found.member_id, found.organiser, found.place, words, key, actor, now)
    return shift_by_key(found.key)


def add_shift(
    *,
    member_id: int,
    organiser: str,
    place: str,
    words: ShiftWords,
    key: uuid.UUID,
    actor: Actor,
    now: dt.datetime,
) -> Shift:
    """Enter a shift by the organiser's list, for a volunteer who had no card with them.

    :param key: names the entry and becomes the shift's key
    :raises ReasonMissing, ShiftTimesWrong, ShiftTooLong, ShiftOverlaps: the words make no sense
    :raises NoTimeBank: this city counts no volunteers' hours
    """
    require_unit_of_work()
    time_bank()
    _alone_with(member_id)
    if not _known(key):
        _check(words, member_id, None, now)
        _say(key, member_id, organiser, place, words, key, actor, now)
    return shift_by_key(key)


def _alone_with(member_id: int) -> None:
    """Let organisers speak about one volunteer one after the other: each sees what was said."""
    execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('activities_volunteer:' || %s, 0))",
        [str(member_id)],
    )


def _locked(shift_id: int) -> Shift:
    """Lock the volunteer, then read the shift as nobody can change it any more."""
    row(
        "SELECT v.member_id FROM activities_volunteer v"
        " JOIN activities_volunteer_shift s USING (member_id, organiser)"
        " WHERE s.id = %s FOR NO KEY UPDATE OF v",
        [shift_id],
    )
    return shift(shift_id=shift_id)


def _known(key: uuid.UUID) -> bool:
    return bool(
        scalar("SELECT EXISTS (SELECT FROM activities_volunteer_word WHERE key = %s)", [key])
    )


def _check(words: ShiftWords, member_id: int, shift_id: int | None, now: dt.datetime) -> None:
    if not words.reason.strip():
        raise ReasonMissing()
    if words.struck:
        return
    ends_at = words.ends_at
    if words.starts_at > now or (ends_at and not words.starts_at < ends_at <= now):
        raise ShiftTimesWrong()
    if ends_at is None:
        return
    longest = time_bank().rule(current_pack().time.day(words.starts_at)).longest
    minutes = int((ends_at - words.starts_at).total_seconds() // 60)
    if minutes > longest:
        raise ShiftTooLong(longest=longest, minutes=minutes)
    _check_alone(words.starts_at, ends_at, member_id, shift_id)


def _check_alone(
    starts_at: dt.datetime, ends_at: dt.datetime, member_id: int, shift_id: int | None
) -> None:
    """Nobody works at two places at once: looked at over all organisers."""
    others = shifts_where(
        "s.member_id = %s AND s.id <> %s AND s.state = 'counted'"
        " AND s.starts_at < %s AND s.ends_at > %s LIMIT 1",
        member_id,
        shift_id or 0,
        ends_at,
        starts_at,
    )
    for other in others:
        local = current_pack().time.local
        assert other.starts_at is not None
        assert other.ends_at is not None
        raise ShiftOverlaps(
            starts_at=f"{local(other.starts_at):%Y-%m-%d %H:%M}",
            ends_at=f"{local(other.ends_at):%H:%M}",
        )


def _say(
    shift_key: uuid.UUID,
    member_id: int,
    organiser: str,
    place: str,
    words: ShiftWords,
    key: uuid.UUID,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Keep the word and work out the hours around what it covers."""
    covers = _covered(shift_key, words)
    execute(
        """
        INSERT INTO activities_volunteer_word (key, shift_key, member_id, organiser, place,
            starts_at, ends_at, struck, covers_from, covers_to, reason_sealed, recorded_at,
            recorded_by)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            key,
            shift_key,
            member_id,
            organiser,
            place,
            words.starts_at,
            words.ends_at,
            words.struck,
            *covers,
            seal(REASON, words.reason.strip(), row=key),
            now,
            actor.id,
        ],
    )
    marks = rows(
        "SELECT id FROM activities_volunteer_mark WHERE member_id = %s AND organiser = %s"
        " AND (at BETWEEN %s AND %s OR key = %s)",
        [member_id, organiser, *covers, shift_key],
    )
    work_out({(member_id, organiser): [mark.id for mark in marks]}, actor=actor, now=now)


def _covered(shift_key: uuid.UUID, words: ShiftWords) -> tuple[dt.datetime, dt.datetime]:
    """Return from when to when taps belong to this shift: all that was ever said or seen of it."""
    seen: Any = row(
        """
        SELECT min(t.at) AS first, max(t.at) AS last
        FROM (SELECT unnest(ARRAY[starts_at, ends_at]) AS at FROM activities_volunteer_shift
              WHERE key = %(key)s
              UNION ALL SELECT unnest(ARRAY[covers_from, covers_to])
              FROM activities_volunteer_word WHERE shift_key = %(key)s) t
        """,
        {"key": shift_key},
    )
    times = [words.starts_at, words.ends_at, seen.first, seen.last]
    known = [at for at in times if at is not None]
    return min(known), max(known)
