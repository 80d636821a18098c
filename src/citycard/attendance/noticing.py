"""Who wants to be told of which child: each guardian chooses for themselves, and may stop."""

import datetime as dt
from collections.abc import Sequence

from citycard.attendance.values import Channel, Notice
from citycard.infra.database import execute, row, rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor


def ask_for_notice(
    *,
    child_id: int,
    guardian_id: int,
    channel: Channel,
    ground_id: int,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Tell a guardian of a child's comings and goings from now on; the last choice counts.

    The caller has made sure that they are the child's guardian and agreed.

    :param ground_id: the guardian's consent
    """
    require_unit_of_work()
    stop_notice(child_id=child_id, guardian_id=guardian_id, actor=actor, now=now)
    execute(
        "INSERT INTO attendance_notice (child_id, guardian_id, channel, ground_id, begun_at)"
        " VALUES (%s, %s, %s, %s, %s)",
        [child_id, guardian_id, channel, ground_id, now],
    )


def stop_notice(*, child_id: int, guardian_id: int, actor: Actor, now: dt.datetime) -> int | None:
    """Tell a guardian of a child no more; return the consent that it stood on, None where nobody
    was told."""
    require_unit_of_work()
    ended = row(
        "UPDATE attendance_notice SET ended_at = greatest(begun_at, %s)"
        " WHERE child_id = %s AND guardian_id = %s AND ended_at IS NULL RETURNING ground_id",
        [now, child_id, guardian_id],
    )
    return None if ended is None else int(ended.ground_id)


def stop_notices_on(*, ground_ids: Sequence[int], now: dt.datetime) -> int:
    """Stop what stands on consents that were withdrawn; return how many that were."""
    require_unit_of_work()
    ended = rows(
        "UPDATE attendance_notice SET ended_at = greatest(begun_at, %s)"
        " WHERE ground_id = ANY (%s::bigint[]) AND ended_at IS NULL RETURNING id",
        [now, list(ground_ids)],
    )
    return len(ended)


def notices_of(*, guardian_id: int) -> list[Notice]:
    """Return of which children somebody is told, by ids only."""
    return _notices("guardian_id = %s", guardian_id)


def notices_about(*, child_ids: Sequence[int]) -> list[Notice]:
    """Return who is told of some children, by ids only."""
    return _notices("child_id = ANY (%s::bigint[])", list(child_ids))


def _notices(condition: str, value: object) -> list[Notice]:
    found = rows(f"{_STANDING} AND {condition} ORDER BY 1, 2", [value])
    return [Notice(**one._asdict()) for one in found]


_STANDING = """
SELECT child_id, guardian_id, channel, begun_at FROM attendance_notice WHERE ended_at IS NULL
"""
