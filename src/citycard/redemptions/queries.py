"""Reading redemptions."""

import datetime as dt
import uuid
from typing import Any

from citycard.infra.database import rows
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound
from citycard.redemptions.values import Evidence, OpenSession, Session

_SESSIONS = """
    SELECT id, public_id, key, way, kind, unit, partner, device_id, terminal, place, agency,
    card_id, member_id, points, ntd, state, purse_before, counter_before, purse_after,
    counter_after, hold_key, end_key, reserved_at, expires_at, writing_at,
    ended_at, ended_by, reason, receipt, contested_at, set_aside_at, ruled, returned_points
    FROM redemptions_session WHERE
"""


def sessions_where(condition: str, *values: Any) -> list[Session]:
    """Return the sessions of which a condition of this context's own holds."""
    return [Session(**found._asdict()) for found in rows(_SESSIONS + condition, values)]


def session(*, session_id: int) -> Session:
    """Return a session.

    :raises NotFound: there is none of this number
    """
    found = sessions_where("id = %s", session_id)
    if not found:
        raise NotFound(what="redemption")
    return found[0]


def by_key(*, key: uuid.UUID) -> Session | None:
    """Return the session of a kiosk's key, or None."""
    found = sessions_where("key = %s", key)
    return found[0] if found else None


def sessions_of(*, access: Access, member_id: int, limit: int = 20) -> list[Session]:
    """Return a person's redemptions, newest first: what was loaded, and what is being loaded.

    :param access: must cover the person and the field ``points_history``
    """
    access.require("points_history", members=[member_id])
    return sessions_where("member_id = %s ORDER BY reserved_at DESC LIMIT %s", member_id, limit)


def open_sessions(
    *,
    agency: str | None = None,
    device_id: int | None = None,
    before: dt.datetime | None = None,
    limit: int = 200,
) -> list[OpenSession]:
    """Return what waits for evidence or an officer, oldest first; whose it is isn't told.

    :param before: leave out what began later: a session under way needs nobody yet
    """
    found = rows(
        """
        SELECT id, public_id, way, partner, device_id, place, agency, points, ntd, state,
               coalesce(contested_at, writing_at, reserved_at) AS since,
               contested_at IS NOT NULL AS contested
        FROM redemptions_session
        WHERE (state IN ('writing', 'disputed') OR contested_at IS NOT NULL
               OR (state = 'reserved' AND set_aside_at IS NOT NULL))
          AND (%(agency)s::text IS NULL OR agency = %(agency)s)
          AND (%(device)s::bigint IS NULL OR device_id = %(device)s)
          AND (%(before)s::timestamptz IS NULL
               OR coalesce(contested_at, writing_at, reserved_at) < %(before)s)
        ORDER BY since LIMIT %(limit)s
        """,
        {"agency": agency, "device": device_id, "before": before, "limit": limit},
    )
    return [OpenSession(**one._asdict()) for one in found]


def evidence_of(*, session_id: int) -> list[Evidence]:
    """Return everything that was heard about a session, in the order in which it was heard."""
    found = rows(
        "SELECT at, source, says, purse, counter, detail, actor, state_after"
        " FROM redemptions_evidence WHERE session_id = %s ORDER BY id",
        [session_id],
    )
    return [Evidence(**one._asdict()) for one in found]
