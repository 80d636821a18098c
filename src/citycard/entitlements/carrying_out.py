"""Carrying out a mass decision: exactly the differences that were previewed are written."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from citycard.entitlements.changed_rules import changed_rules, settle
from citycard.entitlements.chunks import cut_touched, work_through
from citycard.entitlements.compiling import meanings
from citycard.entitlements.events import RightChanged, RightEnded, RightGranted, in_parts
from citycard.entitlements.previewing import preview
from citycard.entitlements.rulebook import kept_rulebook, rulebook
from citycard.entitlements.run_values import Preview
from citycard.entitlements.runs import Run, RunNotReady, load, lock, preview_of, replace, set_state
from citycard.entitlements.writing_out import inputs_json
from citycard.infra.database import execute, rows, scalar, statement
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor

CHUNK = 10_000
"""Touched members a statement."""

LAST_MEMBER = 2**63 - 1

MOST_MOVED_PPM = 10_000
"""One in a hundred of the differences may have been overtaken; with more the preview is stale."""

Kind = Callable[..., RightGranted | RightEnded | RightChanged]

_EVENTS: Mapping[str, Kind] = {
    "begun": RightGranted,
    "cut": RightChanged,
    "changed": RightChanged,
}


def carry_out(
    *,
    run_id: int,
    actor: Actor,
    now: dt.datetime,
    most: int | None = None,
    weighed: bool = False,
) -> Preview:
    """Write exactly the differences of a preview, and announce them quietly as ``decide`` does.

    A difference whose rights or facts somebody changed since is left alone (they were decided by
    that change). Where that is more than one in a hundred, or the rules changed, nothing is
    written: the answer's state is ``replaced`` and ``replaced_by`` names a new preview. A run that
    is carried out already stays as it is.

    :param most: about how many members to write for (None: all); an answer in state
        ``carrying_out`` is gone on with by calling again, in other units of work, even at once
    :param weighed: as of ``decide``; a run for everybody always is
    :raises NoSuchRun: there is none of this id
    :raises RunNotReady: it is still being previewed, was replaced or is undone
    """
    require_unit_of_work()
    run = load(run_id)
    if run.state == "previewed":
        run = _begin(lock(run_id), actor, now)
    if run.state not in ("carrying_out", "carried_out", "replaced"):
        raise RunNotReady(run_id=run_id, state=run.state)
    ended = partial(RightEnded, weighed=weighed or run.member_ids is None)
    events: dict[str, Kind] = {**_EVENTS, "ended": ended}
    if run.state == "carrying_out" and work_through(
        run, lambda after, upto: _write(run, actor, now, after, upto, events), most=most
    ):
        _finish(lock(run_id), now)
    return preview_of(run_id=run_id)


def _begin(run: Run, actor: Actor, now: dt.datetime) -> Run:
    if run.state != "previewed":
        return run  # another worker was quicker
    if _is_stale(run):
        _preview_again(run, actor, now)
    else:
        cut_touched(run, CHUNK)
        set_state(run, "carrying_out", now=now, actor=actor.id)
    return load(run.id)


def _is_stale(run: Run) -> bool:
    then, today = kept_rulebook(run.pack_hash), rulebook()
    if any(meanings(then).get(code) != meanings(today).get(code) for code in run.codes):
        return True
    differences = scalar("SELECT count(*) FROM entitlements_difference WHERE run_id = %s", [run.id])
    moved = len(moved_on(run, 0, LAST_MEMBER, written=False))
    return bool(moved * 1_000_000 > differences * MOST_MOVED_PPM)


def _preview_again(run: Run, actor: Actor, now: dt.datetime) -> None:
    fresh = preview(
        on=run.on,
        now=now,
        actor=actor,
        member_ids=run.member_ids,
        codes=None if run.every_rule else run.codes,
    )
    replace(run, by=fresh.run_id)


def _write(
    run: Run,
    actor: Actor,
    now: dt.datetime,
    after: int,
    upto: int,
    events: Mapping[str, Kind],
) -> int:
    book = kept_rulebook(run.pack_hash)
    asked = {"run": run.id, "after": after, "upto": upto, "now": now, "pack": run.pack_hash}
    if run.every_rule:
        execute(
            statement(__file__, "make_standing_of_run"), asked | {"since": max(run.on, run.today)}
        )
    touched = scalar(statement(__file__, "lock_touched"), asked)
    leave(run, moved_on(run, after, upto, written=False), state="left")
    scalar(
        statement(__file__, "write_differences"),
        asked | {"actor": actor.id, "inputs": inputs_json(book)},
    )
    execute(statement(__file__, "stand_after"), asked | {"every_rule": run.every_rule})
    announce_chunk(run, events, after, upto)
    return int(touched)


def announce_chunk(run: Run, kinds: Mapping[str, Kind], after: int, upto: int) -> None:
    """Announce a chunk's differences, each right's members together."""
    asked = {"run": run.id, "after": after, "upto": upto}
    announce(
        *(
            kinds[one.kind](
                entitlement=one.entitlement, member_ids=tuple(ids), on=run.on, quiet=True
            )
            for one in rows(statement(__file__, "to_announce"), asked)
            for ids in in_parts(one.member_ids)
        )
    )


def _finish(run: Run, now: dt.datetime) -> None:
    if run.state != "carrying_out":
        return
    set_state(run, "carried_out", now=now)
    if run.member_ids is None and set(changed_rules()) <= set(run.codes):
        settle(run_id=run.id, pack_hash=run.pack_hash, now=now)


def moved_on(run: Run, after: int, upto: int, *, written: bool) -> list[tuple[int, str]]:
    """Return the differences whose rights or facts somebody changed since.

    :param written: since they were written; else since the preview
    """
    asked = {"run": run.id, "after": after, "upto": upto, "written": written}
    found = rows(statement(__file__, "moved_on"), asked)
    return [(one.member_id, one.entitlement) for one in found]


def leave(run: Run, differences: Sequence[tuple[int, str]], *, state: str) -> None:
    """Take differences out of what is still to be done."""
    if differences:
        members, codes = zip(*differences, strict=True)
        execute(
            "UPDATE entitlements_difference d SET state = %s"
            " FROM unnest(%s::bigint[], %s::text[]) AS n(member_id, entitlement)"
            " WHERE d.run_id = %s AND d.member_id = n.member_id AND d.entitlement = n.entitlement",
            [state, list(members), list(codes), run.id],
        )
