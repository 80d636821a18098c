"""Hearing evidence: what it proves is done, and all of it is kept."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.infra.database import execute
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.redemptions import prefunding
from citycard.redemptions.events import SessionDisputed, SessionReleased, SessionSettled
from citycard.redemptions.queries import session, sessions_where
from citycard.redemptions.states import ENDS, MAY_BECOME, State
from citycard.redemptions.values import CardReading, Kiosk, Says, Session, Source

STATE_AFTER: Mapping[Says, State] = {
    "written": "settled",
    "not_written": "released",
    "unclear": "disputed",
}


def hear(
    found: Session,
    source: Source,
    says: Says,
    detail: str,
    reading: CardReading | None,
    actor: Actor,
    now: dt.datetime,
) -> Session:
    """Keep what was heard and do what it proves; what was heard before changes nothing.

    :param found: the session, locked
    """
    wanted = STATE_AFTER[says]
    stands = STATE_AFTER[found.ruled] if found.ruled else found.state
    if stands == wanted and wanted in ENDS:
        return found
    if found.state in ENDS:
        _contest(found, now)
    elif wanted in MAY_BECOME[found.state]:
        if wanted in ENDS:
            _end(found, wanted, source, detail, reading, actor, now)
        else:
            _dispute(found)
    keep_evidence(found, source, says, detail, reading, actor, now)
    return session(session_id=found.id)


def _end(
    found: Session,
    state: State,
    source: Source,
    detail: str,
    reading: CardReading | None,
    actor: Actor,
    now: dt.datetime,
) -> None:
    end_key = fact_key(now, f"redemption.{state}", found.key)
    _move_points(found, state, end_key, actor, now)
    if state == "settled":
        prefunding.draw_down(found, ntd=found.ntd, key=found.key, actor=actor, now=now)
    execute(
        """
        UPDATE redemptions_session
        SET state = %s, end_key = %s, ended_at = %s, ended_by = %s, reason = %s,
            purse_after = %s, counter_after = %s
        WHERE id = %s
        """,
        [
            state,
            end_key,
            now,
            source,
            detail,
            reading.purse if reading else None,
            reading.counter if reading else None,
            found.id,
        ],
    )
    if state == "settled":
        announce(SessionSettled(**told(found)))
    elif found.state != "reserved":
        announce(SessionReleased(**told(found)))


def _move_points(
    found: Session, state: State, end_key: uuid.UUID, actor: Actor, now: dt.datetime
) -> None:
    """Hand the held points to the partner, or back to their lots."""
    end = ledger.HoldEnd(
        key=end_key,
        hold=found.hold_key,
        kind=f"redemption.{state}",
        at=now,
        into=ledger.partner(code=found.partner, unit=found.unit) if state == "settled" else None,
        grace_until=ledger.grace_until(unit=found.unit, on=current_pack().time.day(now)),
        ref=f"redemption:{found.id}",
    )
    write = ledger.settle_held_many if state == "settled" else ledger.release_held_many
    (posted,) = write(ends=[end], actor=actor, now=now)
    if posted.refusal:
        raise posted.refusal


def _dispute(found: Session) -> None:
    execute("UPDATE redemptions_session SET state = 'disputed' WHERE id = %s", [found.id])
    announce(SessionDisputed(**told(found)))


def _contest(found: Session, now: dt.datetime) -> None:
    execute("UPDATE redemptions_session SET contested_at = %s WHERE id = %s", [now, found.id])
    announce(SessionDisputed(**told(found)))


def told(found: Session) -> dict[str, Any]:
    """Return what events say of a session."""
    return {
        "session_id": found.id,
        "member_id": found.member_id,
        "device_id": found.device_id,
        "points": found.points,
        "ntd": found.ntd,
        "place": found.place or found.partner,
    }


def keep_evidence(
    found: Session,
    source: Source,
    says: Says,
    detail: str,
    reading: CardReading | None,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Add to what was heard of a session; it is never changed."""
    execute(
        """
        INSERT INTO redemptions_evidence (session_id, at, source, says, purse, counter, detail,
        actor,
                                          state_after)
        SELECT id, %s, %s, %s, %s, %s, %s, %s, state FROM redemptions_session WHERE id = %s
        """,
        [
            now,
            source,
            says,
            reading.purse if reading else None,
            reading.counter if reading else None,
            detail,
            actor.id,
            found.id,
        ],
    )


def lock_key(key: uuid.UUID, kiosk: Kiosk) -> Session:
    found = lock("key = %s AND device_id = %s", [key, kiosk.device_id])
    if not found:
        raise NotFound(what="redemption")
    return found[0]


def lock(condition: str, params: Sequence[Any], *, limit: int = 500) -> list[Session]:
    in_order = f"{condition} ORDER BY id LIMIT %s FOR NO KEY UPDATE"
    return sessions_where(in_order, *params, limit)
