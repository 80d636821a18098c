"""The clock: it ends reservations, and nothing else ever."""

import datetime as dt
from collections.abc import Sequence

from citycard.infra.database import execute
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.redemptions.hearing import lock
from citycard.redemptions.queries import sessions_where
from citycard.redemptions.values import Session

WHY = "reservation ran out"


def expire_reserved(*, now: dt.datetime, card_id: int | None = None, limit: int = 500) -> list[int]:
    """Release reservations that have run out, and only those. One that can't be released is set
    aside, visibly, and holds up nobody.

    :param card_id: only this card's
    :returns: the numbers of the sessions
    """
    require_unit_of_work()
    condition = (
        "state = 'reserved' AND expires_at <= %s AND set_aside_at IS NULL"
        " AND (%s::bigint IS NULL OR card_id = %s)"
    )
    found = lock(condition, [now, card_id, card_id], limit=limit)
    return _release(found, now) if found else []


def due_reservations(*, now: dt.datetime, limit: int = 500) -> list[int]:
    """Return reservations that have run out, oldest first, without those that were set aside."""
    found = sessions_where(
        "state = 'reserved' AND expires_at <= %s AND set_aside_at IS NULL ORDER BY id LIMIT %s",
        now,
        limit,
    )
    return [one.id for one in found]


def expire_one(*, session_id: int, now: dt.datetime) -> list[int]:
    """Release one reservation if it has run out; returns its number if so."""
    require_unit_of_work()
    found = lock("id = %s AND state = 'reserved' AND expires_at <= %s", [session_id, now])
    return _release(found, now) if found else []


def set_aside(*, session_ids: Sequence[int], now: dt.datetime) -> None:
    """Take reservations that can't be released out of the clock's way; an operator sees them."""
    require_unit_of_work()
    execute(
        "UPDATE redemptions_session SET set_aside_at = %s"
        " WHERE id = ANY(%s::bigint[]) AND state = 'reserved' AND set_aside_at IS NULL",
        [now, list(session_ids)],
    )


def _release(found: Sequence[Session], now: dt.datetime) -> list[int]:
    keys = [fact_key(now, "redemption.released", one.key) for one in found]
    today = current_pack().time.day(now)
    ends = [
        ledger.HoldEnd(
            key=key,
            hold=one.hold_key,
            kind="redemption.released",
            at=now,
            grace_until=ledger.grace_until(unit=one.unit, on=today),
            ref=f"redemption:{one.id}",
        )
        for one, key in zip(found, keys, strict=True)
    ]
    posted = ledger.release_held_many(ends=ends, actor=SYSTEM, now=now)
    refused = {one.key for one in posted if one.outcome == "refused"}
    if refused:
        stuck = [one.id for one, key in zip(found, keys, strict=True) if key in refused]
        set_aside(session_ids=stuck, now=now)
    ended = [(one.id, key) for one, key in zip(found, keys, strict=True) if key not in refused]
    execute(
        """
        WITH ended AS (
            UPDATE redemptions_session s
            SET state = 'released', end_key = e.key, ended_at = %(now)s, ended_by = 'clock',
                reason = %(why)s
            FROM unnest(%(ids)s::bigint[], %(keys)s::uuid[]) AS e(id, key)
            WHERE s.id = e.id RETURNING s.id)
        INSERT INTO redemptions_evidence (session_id, at, source, says, detail, actor, state_after)
        SELECT id, %(now)s, 'clock', 'not_written', %(why)s, %(actor)s, 'released' FROM ended
        """,
        {
            "now": now,
            "why": WHY,
            "ids": [session_id for session_id, _ in ended],
            "keys": [key for _, key in ended],
            "actor": SYSTEM.id,
        },
    )
    return [session_id for session_id, _ in ended]
