"""Undoing a mass decision: what stood before is closed upon and added again, in two times."""

import datetime as dt
from collections.abc import Mapping

from citycard.entitlements.carrying_out import (
    CHUNK,
    Kind,
    announce_chunk,
    leave,
    moved_on,
)
from citycard.entitlements.changed_rules import unsettle
from citycard.entitlements.chunks import cut_touched, work_through
from citycard.entitlements.events import RightChanged, RightEnded, RightGranted
from citycard.entitlements.run_values import Preview
from citycard.entitlements.runs import Run, RunNotReady, load, lock, preview_of, set_state
from citycard.infra.database import execute, scalar, statement
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor

_EVENTS: Mapping[str, Kind] = {
    "begun": RightEnded,
    "ended": RightGranted,
    "cut": RightChanged,
    "changed": RightChanged,
}
"""What taking a difference back means to those who follow rights."""


def undo(*, run_id: int, actor: Actor, now: dt.datetime, most: int | None = None) -> Preview:
    """Restore the rights that stood before a mass decision, where nobody changed them since.

    Nothing is overwritten: the run's rows are closed, the earlier ones added again with their own
    rule and reason. What facts or another decision changed since is kept, and counted in ``left``.
    The members are next decided when their facts change or time moves on, and not before: an undo
    stands until the rules or the facts are put right. A run that is undone already stays as it is.

    :param most: about how many members to restore (None: all); an answer in state ``undoing`` is
        gone on with by calling again, in the next unit of work
    :raises NoSuchRun: there is none of this id
    :raises RunNotReady: it was not carried out, or not to its end
    """
    require_unit_of_work()
    run = load(run_id)
    if run.state == "carried_out":
        run = _begin(lock(run_id), actor, now)
    if run.state not in ("undoing", "undone"):
        raise RunNotReady(run_id=run_id, state=run.state)
    if run.state == "undoing" and work_through(
        run, lambda after, upto: _restore(run, actor, now, after, upto), most=most
    ):
        set_state(lock(run_id), "undone", now=now)
        unsettle(run_id=run_id)
    return preview_of(run_id=run_id)


def _begin(run: Run, actor: Actor, now: dt.datetime) -> Run:
    if run.state == "carried_out":
        cut_touched(run, CHUNK)
        set_state(run, "undoing", now=now, actor=actor.id)
    return load(run.id)


def _restore(run: Run, actor: Actor, now: dt.datetime, after: int, upto: int) -> int:
    asked = {"run": run.id, "after": after, "upto": upto, "now": now, "actor": actor.id}
    touched = scalar(statement(__file__, "lock_touched"), asked)
    leave(run, moved_on(run, after, upto, written=True), state="kept")
    scalar(statement(__file__, "restore"), asked)
    execute(statement(__file__, "stand_restored"), asked | {"today": run.today})
    announce_chunk(run, _EVENTS, after, upto)
    return int(touched)
