"""The clock: it ends reservations, and nothing else ever."""

import datetime as dt
from collections.abc import Sequence

from citycard.infra.database import execute
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.redemptions.hearing import grace_until, lock
from citycard.redemptions.values import Session

WHY = "reservation ran out"


def expire_reserved(*, now: dt.datetime, card_id: int | None = None, limit: int = 500) -> list[int]:
    """Release reservations that have run out, and only those.

    :param card_id: only this card's
    :returns: the numbers of the sessions
    """
    require_unit_of_work()
    condition = "state = 'reserved' AND expires_at <= %s AND (%s::bigint IS NULL OR card_id = %s)"
    found = lock(condition, [now, card_id, card_id], limit=limit)
    if found:
        _release(found, now)
    return [one.id for one in found]


def _release(found: Sequence[Session], now: dt.datetime) -> None:
    keys = [fact_key(now, "redemption.released", one.key) for one in found]
    ends = [
        ledger.HoldEnd(
            key=key,
            hold=one.hold_key,
            kind="redemption.released",
            at=now,
            grace_until=grace_until(one.unit, now),
            ref=f"redemption:{one.id}",
        )
        for one, key in zip(found, keys, strict=True)
    ]
    posted = ledger.release_held_many(ends=ends, actor=SYSTEM, now=now)
    assert all(one.outcome == "posted" for one in posted), "a reservation held nothing"
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
            "ids": [one.id for one in found],
            "keys": keys,
            "actor": SYSTEM.id,
        },
    )
