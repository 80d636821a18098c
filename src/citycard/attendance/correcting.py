"""What somebody responsible says about a stay that misses an end. Nothing is edited: each word is a
new entry with who said it and why; the newest about a stay counts."""

import datetime as dt
import uuid
from typing import Any

from citycard.attendance.queries import stay, stay_by_key
from citycard.attendance.rule import attendance_table
from citycard.attendance.values import AttendanceStay, StayWords
from citycard.attendance.working_out import alone_with, work_out
from citycard.infra.crypto import seal
from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

REASON = "attendance.word.reason"


class StayReasonMissing(Refused):
    """Say why: the person reads it."""

    code = "attendance.reason_missing"


class StayTimesWrong(Refused):
    """A stay ends after it starts, has ended by now, and lasts at most {longest} minutes."""

    code = "attendance.times_wrong"


class StayChanged(Refused):
    """The record has changed since you looked; please look again."""

    code = "attendance.stay_changed"


def correct_stay(
    *,
    stay_id: int,
    version: int,
    words: StayWords,
    key: uuid.UUID,
    actor: Actor,
    now: dt.datetime,
) -> AttendanceStay:
    """Say what a stay really was, or strike it out.

    :param version: of the stay that was looked at
    :param key: names the click, so that a repeated one says it once
    :raises StayReasonMissing, StayTimesWrong: the words make no sense
    :raises StayChanged: a tap or a colleague was quicker
    :raises NotFound: there is no such stay
    """
    require_unit_of_work()
    alone_with([stay(stay_id=stay_id).member_id])
    found = stay(stay_id=stay_id)
    if scalar("SELECT EXISTS (SELECT FROM attendance_word WHERE key = %s)", [key]):
        return found
    if found.version != version:
        raise StayChanged()
    _check(words, found.kind, now)
    covers = _covered(found, words)
    _say(found, words, covers, key, actor, now)
    marks = rows(
        "SELECT id FROM attendance_mark WHERE member_id = %s AND kind = %s AND agency = %s"
        " AND (at BETWEEN %s AND %s OR key = %s)",
        [found.member_id, found.kind, found.agency, *covers, found.key],
    )
    group = (found.member_id, found.kind, found.agency)
    work_out({group: [mark.id for mark in marks]}, actor=actor, now=now)
    return stay_by_key(found.key)


def _check(words: StayWords, kind: str, now: dt.datetime) -> None:
    if not words.reason.strip():
        raise StayReasonMissing()
    if words.struck:
        return
    longest = attendance_table().rule(kind, current_pack().time.day(words.starts_at)).longest
    ends_at = words.ends_at or words.starts_at + dt.timedelta(microseconds=1)
    too_long = ends_at - words.starts_at > dt.timedelta(minutes=longest)
    if not words.starts_at < ends_at <= now or too_long:
        raise StayTimesWrong(longest=longest)


def _covered(found: AttendanceStay, words: StayWords) -> tuple[dt.datetime, dt.datetime]:
    """Return from when to when taps belong to this stay: all that was ever said or seen of it."""
    said: Any = row(
        "SELECT min(covers_from) AS first, max(covers_to) AS last FROM attendance_word"
        " WHERE stay_key = %s",
        [found.key],
    )
    times = [words.starts_at, words.ends_at, found.starts_at, found.ends_at, said.first, said.last]
    known = [at for at in times if at is not None]
    return min(known), max(known)


def _say(
    found: AttendanceStay,
    words: StayWords,
    covers: tuple[dt.datetime, dt.datetime],
    key: uuid.UUID,
    actor: Actor,
    now: dt.datetime,
) -> None:
    execute(
        """
        INSERT INTO attendance_word (key, stay_key, member_id, kind, agency, place, starts_at,
            ends_at, struck, covers_from, covers_to, reason_sealed, recorded_at, recorded_by)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            *(key, found.key, found.member_id, found.kind, found.agency, found.place),
            *(words.starts_at, words.ends_at, words.struck, *covers),
            *(seal(REASON, words.reason.strip(), row=key), now, actor.id),
        ],
    )
