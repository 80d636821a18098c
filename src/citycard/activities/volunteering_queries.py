"""Reading the time bank: a volunteer's shifts and their versions, an organiser's list and sums."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from citycard.activities.volunteering_rule import time_bank
from citycard.activities.volunteering_values import Shift, ShiftVersion, VolunteerSum
from citycard.infra.crypto import unseal
from citycard.infra.database import rows
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound

_SHIFTS = """
SELECT s.id, s.key, s.member_id, s.organiser, s.place, s.day, s.starts_at, s.ends_at, s.minutes,
       s.state, s.version, s.word_id IS NOT NULL AS corrected
FROM activities_volunteer_shift s WHERE
"""


# Somebody who signed in a short while ago misses nothing: they are at work.
_FLAGGED = "(s.state = 'no_in' OR s.state = 'no_out' AND s.starts_at < %(since)s)"
_PAGE = f"""
    s.organiser = ANY (%(organisers)s::text[]) AND s.state <> 'gone'
    AND (NOT %(flagged)s OR {_FLAGGED})
    AND (%(before)s::bigint IS NULL OR (s.day, s.id) < (
        SELECT b.day, b.id FROM activities_volunteer_shift b WHERE b.id = %(before)s))
    ORDER BY s.day DESC, s.id DESC LIMIT %(limit)s
"""  # noqa: S608 - a constant of this file


def shifts_where(condition: str, *values: Any) -> list[Shift]:
    """Return the shifts of which a condition of this context's own holds."""
    return [Shift(**found._asdict()) for found in rows(_SHIFTS + condition, values)]


def shift_by_key(key: uuid.UUID) -> Shift:
    """Return the shift of a key that is there."""
    (found,) = shifts_where("s.key = %s", key)
    return found


def shift(*, shift_id: int) -> Shift:
    """Return a shift, by ids only.

    :raises NotFound: there is none of this number
    """
    found = shifts_where("s.id = %s", shift_id)
    if not found:
        raise NotFound(what="shift")
    return found[0]


def shifts_of(
    *, access: Access, member_id: int, limit: int = 30, before: int | None = None
) -> list[Shift]:
    """Return a volunteer's shifts, the newest day first; those that are gone are left out.

    :param access: must cover the person and the field ``points_history``
    :param before: the id of the last shift of the page before
    """
    access.require("points_history", members=[member_id])
    return shifts_where(
        "s.member_id = %s AND s.state <> 'gone' AND (%s::bigint IS NULL OR (s.day, s.id) <"
        " (SELECT b.day, b.id FROM activities_volunteer_shift b WHERE b.id = %s))"
        " ORDER BY s.day DESC, s.id DESC LIMIT %s",
        member_id,
        before,
        before,
        limit,
    )


def volunteer_sums(*, organisers: Sequence[str], now: dt.datetime) -> list[VolunteerSum]:
    """Return what each volunteer has at some organisers, by number only, most minutes first."""
    found = rows(
        f"""
        SELECT v.member_id, v.organiser, v.minutes, v.owed,
               count(s.id) FILTER (WHERE s.state <> 'gone') AS shifts,
               count(s.id) FILTER (WHERE {_FLAGGED}) AS flagged
        FROM activities_volunteer v
        LEFT JOIN activities_volunteer_shift s USING (member_id, organiser)
        WHERE v.organiser = ANY (%(organisers)s::text[])
        GROUP BY v.member_id, v.organiser ORDER BY v.minutes DESC, v.member_id
        """,  # noqa: S608 - as above
        {"organisers": list(organisers), "since": _at_work_since(now)},
    )
    return [VolunteerSum(**one._asdict()) for one in found]


def shifts_at(
    *,
    access: Access,
    organisers: Sequence[str],
    now: dt.datetime,
    flagged: bool = False,
    limit: int = 50,
    before: int | None = None,
) -> list[Shift]:
    """Return the shifts worked for some organisers, the newest day first.

    :param access: must cover the volunteers (see ``volunteers_at``) and the field ``points``
    :param flagged: only those that miss a sign-in or sign-out; not of who may still be at work
    :param before: the id of the last shift of the page before
    """
    found = _page(organisers, now, flagged, limit, before)
    access.require("points", members=[one.member_id for one in found])
    return found


def volunteers_at(
    *,
    organisers: Sequence[str],
    now: dt.datetime,
    flagged: bool = False,
    limit: int = 50,
    before: int | None = None,
) -> list[int]:
    """Return who stands on a page of ``shifts_at``, by number only; a door opens access to them."""
    return sorted({one.member_id for one in _page(organisers, now, flagged, limit, before)})


def _page(
    organisers: Sequence[str], now: dt.datetime, flagged: bool, limit: int, before: int | None
) -> list[Shift]:
    found = rows(
        _SHIFTS + _PAGE,
        {
            "organisers": list(organisers),
            "since": _at_work_since(now),
            "flagged": flagged,
            "before": before,
            "limit": limit,
        },
    )
    return [Shift(**one._asdict()) for one in found]


def _at_work_since(now: dt.datetime) -> dt.datetime:
    return now - time_bank().longest


def versions_of(*, access: Access, shift_id: int) -> list[ShiftVersion]:
    """Return how a shift came to stand as it does, the first version first.

    :param access: must cover the volunteer and the field ``points`` or ``points_history``
    :raises NotFound: there is no such shift
    """
    whose = shift(shift_id=shift_id).member_id
    field = "points_history" if "points_history" in access.fields else "points"
    access.require(field, members=[whose])
    found = rows(
        """
        SELECT v.version, v.state, v.starts_at, v.ends_at, v.minutes, v.difference, v.recorded_at,
               w.key, w.reason_sealed, v.recorded_by AS by
        FROM activities_volunteer_version v
        LEFT JOIN activities_volunteer_word w ON w.id = v.word_id
        WHERE v.shift_id = %s ORDER BY v.version
        """,
        [shift_id],
    )
    return [_version(one) for one in found]


def _version(found: Any) -> ShiftVersion:
    fields = found._asdict()
    key, sealed = fields.pop("key"), fields.pop("reason_sealed")
    said = unseal("activities.volunteer.reason", sealed, row=key) if sealed else ""
    return ShiftVersion(**fields, reason=said)


def shift_refs(*, refs: Sequence[str]) -> dict[str, Shift]:
    """Return the shifts behind moves' ``ref``s like ``shift:3``; others are left out."""
    wanted = {
        ref: int(ref.removeprefix("shift:"))
        for ref in refs
        if ref.startswith("shift:") and ref.removeprefix("shift:").isdecimal()
    }
    found = {one.id: one for one in shifts_where("s.id = ANY (%s)", list(wanted.values()))}
    return {ref: found[number] for ref, number in wanted.items() if number in found}
