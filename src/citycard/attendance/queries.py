"""Reading attendance: somebody's stays and their versions, an agency's list."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from citycard.attendance.values import AttendanceStay, Passage, StayVersion
from citycard.infra.crypto import unseal
from citycard.infra.database import rows
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound

FIELD = "attendance"
_REASON = "attendance.word.reason"

_STAYS = """
SELECT s.id, s.key, s.member_id, s.kind, s.agency, s.place, s.day, s.starts_at, s.ends_at, s.state,
       s.version, s.word_id IS NOT NULL AS corrected
FROM attendance_stay s WHERE
"""

_PEOPLE = "SELECT DISTINCT s.member_id FROM attendance_stay s WHERE "

# Who came a short while ago misses nothing: they are still there.
_FLAGGED = "(s.state = 'no_in' OR s.state = 'no_out' AND s.starts_at < %(since)s)"

_AT = f"""
    s.agency = ANY (%(agencies)s::text[]) AND s.kind = %(kind)s AND s.state <> 'gone'
    AND (NOT %(flagged)s OR {_FLAGGED})
    AND s.day >= %(first)s AND s.day < %(after)s
"""


def stay(*, stay_id: int) -> AttendanceStay:
    """Return a stay, by ids only.

    :raises NotFound: there is none of this number
    """
    found = _where("s.id = %s", [stay_id])
    if not found:
        raise NotFound(what="stay")
    return found[0]


def stay_by_key(key: uuid.UUID) -> AttendanceStay:
    """Return the stay of a key that is there."""
    (found,) = _where("s.key = %s", [key])
    return found


def passages(*, stay_ids: Sequence[int], left: Sequence[bool]) -> list[Passage]:
    """Return the ends of stays that were announced, as they stand; for whoever tells people.

    :param left: in parallel: the end of the stay (True), or its beginning (False)
    """
    found = rows(
        """
        SELECT s.id AS stay_id, s.key AS stay_key, s.member_id, m.card_id, m.place, s.agency,
               m.at, p.left_it, m.service, m.received_at
        FROM unnest(%s::bigint[], %s::boolean[]) WITH ORDINALITY AS p(stay_id, left_it, n)
        JOIN attendance_stay s ON s.id = p.stay_id AND s.state NOT IN ('gone', 'struck')
        JOIN attendance_mark m ON m.member_id = s.member_id AND m.kind = s.kind
                              AND m.agency = s.agency
                              AND m.at = CASE WHEN p.left_it THEN s.ends_at ELSE s.starts_at END
        ORDER BY p.n
        """,
        [list(stay_ids), list(left)],
    )
    # Two readers at one instant are one end.
    return list({(it.stay_id, it.left): it for it in (Passage(*row) for row in found)}.values())


def stays_of(*, access: Access, member_id: int, kind: str, limit: int = 30) -> list[AttendanceStay]:
    """Return somebody's stays of a kind, the newest day first; those that are gone are left out.

    :param access: must cover the person and the field ``attendance``
    """
    access.require(FIELD, members=[member_id])
    return _where(
        "s.member_id = %s AND s.kind = %s AND s.state <> 'gone'"
        " ORDER BY s.day DESC, s.id DESC LIMIT %s",
        [member_id, kind, limit],
    )


def people_at(
    *,
    agencies: Sequence[str],
    kind: str,
    first: dt.date,
    after: dt.date,
    flagged: bool,
    since: dt.datetime,
) -> list[int]:
    """Return whom a list of an agency's would name, by number only: for opening it.

    :param since: who came after this and has not left may still be there
    """
    asked = _asked(agencies, kind, first, after, flagged, since)
    found = rows(f"{_PEOPLE}{_AT}", asked)
    return sorted(one.member_id for one in found)


def stays_at(
    *,
    access: Access,
    agencies: Sequence[str],
    kind: str,
    first: dt.date,
    after: dt.date,
    flagged: bool,
    since: dt.datetime,
    limit: int | None = None,
) -> list[AttendanceStay]:
    """Return the stays at some agencies on the days from ``first`` to before ``after``, the newest
    first.

    :param access: must cover the people and the field ``attendance``
    :param flagged: only those that miss an end
    """
    asked = _asked(agencies, kind, first, after, flagged, since)
    found = _where(
        f"{_AT} ORDER BY s.day DESC, s.id DESC LIMIT %(limit)s", asked | {"limit": limit}
    )
    access.require(FIELD, members={one.member_id for one in found})
    return found


def days_at(*, agencies: Sequence[str], kind: str, first: dt.date, after: dt.date) -> list[Any]:
    """Return, a day and place, how many people came; by number only."""
    return rows(
        """
        SELECT s.day, s.place, count(DISTINCT s.member_id) AS people,
               count(*) FILTER (WHERE s.state IN ('no_in', 'no_out')) AS missing
        FROM attendance_stay s
        WHERE s.agency = ANY (%s::text[]) AND s.kind = %s AND s.state NOT IN ('gone', 'struck')
          AND s.day >= %s AND s.day < %s
        GROUP BY 1, 2 ORDER BY 1 DESC, 2
        """,
        [list(agencies), kind, first, after],
    )


def versions_of(*, access: Access, stay_id: int) -> list[StayVersion]:
    """Return all versions of a stay, the newest first.

    :param access: must cover the person and the field ``attendance``
    """
    access.require(FIELD, members=[stay(stay_id=stay_id).member_id])
    found = rows(
        """
        SELECT v.version, v.state, v.starts_at, v.ends_at, v.recorded_by, v.recorded_at,
               w.key AS word_key, w.reason_sealed
        FROM attendance_version v LEFT JOIN attendance_word w ON w.id = v.word_id
        WHERE v.stay_id = %s ORDER BY v.version DESC
        """,
        [stay_id],
    )
    return [
        StayVersion(
            version=it.version,
            state=it.state,
            starts_at=it.starts_at,
            ends_at=it.ends_at,
            reason=unseal(_REASON, it.reason_sealed, row=it.word_key) if it.reason_sealed else "",
            by=it.recorded_by,
            recorded_at=it.recorded_at,
        )
        for it in found
    ]


def _asked(
    agencies: Sequence[str],
    kind: str,
    first: dt.date,
    after: dt.date,
    flagged: bool,
    since: dt.datetime,
) -> dict[str, Any]:
    return {
        "agencies": list(agencies),
        "kind": kind,
        "first": first,
        "after": after,
        "flagged": flagged,
        "since": since,
    }


def _where(condition: str, values: Any) -> list[AttendanceStay]:
    return [AttendanceStay(**found._asdict()) for found in rows(_STAYS + condition, values)]
