"""Differences on a refund run: they wait with it, and are given back by it or open again."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from citycard.fares.queue import DifferenceEnded, check_note
from citycard.infra.database import execute, rows, statement
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused


class RefundOutdated(Refused):
    """Later taps changed {changed} of these rides; send the run back and make a new one."""

    code = "fares.refund_outdated"


def put_on_refund_run(*, ids: Sequence[int], run: int, note: str, actor: Actor) -> None:
    """Put open differences on a refund run; nothing is given back before its release.

    :raises DifferenceEnded: one of them is no longer open; none is put on
    :raises NoteMissing: the note is empty or too long
    """
    require_unit_of_work()
    check_note(note)
    put = execute(
        "UPDATE fares_difference SET state = 'refunding', refund_run = %(run)s, note = %(note)s,"
        " ended_by = %(actor)s WHERE id = ANY (%(ids)s::bigint[]) AND state = 'open'",
        {"run": run, "note": note.strip(), "actor": actor.id, "ids": list(ids)},
    )
    if put != len(set(ids)) or not ids:
        raise DifferenceEnded()


def end_by_refund_run(*, run: int, count: int, now: dt.datetime) -> None:
    """End the differences of a refund run that is released.

    :param count: how many the run holds
    :raises RefundOutdated: a later decision took some of them away
    """
    require_unit_of_work()
    ended = execute(
        "UPDATE fares_difference SET state = 'refund', ended_at = %s"
        " WHERE refund_run = %s AND state = 'refunding'",
        [now, run],
    )
    if ended != count:
        raise RefundOutdated(changed=count - ended)


def take_off_refund_run(
    *, run: int, ids: Sequence[int] | None = None, actor: Actor, now: dt.datetime
) -> None:
    """Open differences again that a refund run doesn't give back after all.

    Where a later decision left a rest of such a ride in the queue, one difference takes the place
    of both.

    :param ids: only these of the run
    """
    require_unit_of_work()
    asked: dict[str, Any] = {
        "run": run,
        "ids": None if ids is None else list(ids),
        "now": now,
        "actor": actor.id,
    }
    rests = rows(statement(__file__, "end_rests"), asked)
    asked["with_rest"] = [one.id for one in rests]
    execute(statement(__file__, "reopen_differences"), asked)
    if rests:
        asked["amounts"] = [one.amount_micro for one in rests]
        asked["points"] = [one.points for one in rests]
        execute(statement(__file__, "join_differences"), asked)
