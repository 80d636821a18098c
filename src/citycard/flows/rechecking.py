"""Everybody is decided again when the rules changed: tried first, weighed, then carried out.

A run goes in pieces, each a unit of work, by two workers: what is in memory stays small, a piece
that fails is taken again, and nobody waits for a whole city to commit.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from time import sleep

from citycard.entitlements import api as entitlements
from citycard.infra.database import give_back_connection
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor

WORKERS = 2
A_PIECE = 20_000
_BREATH_S = 0.02


def preview(
    *,
    on: dt.date,
    now: dt.datetime,
    actor: Actor,
    codes: Sequence[str] | None = None,
    member_ids: Sequence[int] | None = None,
) -> entitlements.Preview:
    """Work out in pieces what deciding everybody again would change; nothing of their rights does.

    Parameters as of ``entitlements.preview``.
    """
    with unit_of_work():
        run_id = entitlements.begin_preview(
            on=on, now=now, actor=actor, codes=codes, member_ids=member_ids
        )
    return go_on(run_id=run_id, now=now, actor=actor)


def carry_out(*, run_id: int, now: dt.datetime, actor: Actor) -> entitlements.Preview:
    """Write the differences of a preview in pieces.

    :raises entitlements.NoSuchRun: there is none of this id
    :raises entitlements.RunNotReady: it is not to be carried out
    """
    return in_pieces(
        "carrying_out",
        lambda: entitlements.carry_out(run_id=run_id, now=now, actor=actor, most=A_PIECE),
    )


def undo(*, run_id: int, now: dt.datetime, actor: Actor) -> entitlements.Preview:
    """Take a run back in pieces.

    :raises entitlements.NoSuchRun: there is none of this id
    :raises entitlements.RunNotReady: it was not carried out
    """
    return in_pieces(
        "undoing", lambda: entitlements.undo(run_id=run_id, now=now, actor=actor, most=A_PIECE)
    )


def go_on(*, run_id: int, now: dt.datetime, actor: Actor) -> entitlements.Preview:
    """Go on with a run that was interrupted, whichever step it is in."""
    found = entitlements.preview_of(run_id=run_id)
    if found.state == "carrying_out":
        return carry_out(run_id=run_id, now=now, actor=actor)
    if found.state == "undoing":
        return undo(run_id=run_id, now=now, actor=actor)
    return in_pieces(
        "previewing",
        lambda: entitlements.go_on_previewing(run_id=run_id, now=now, most=A_PIECE),
    )


def in_pieces(going: str, step: Callable[[], entitlements.Preview]) -> entitlements.Preview:
    """Let workers take a step piece by piece, each in a unit of work, until the run's state moves
    on; inside no other unit of work."""

    def work() -> entitlements.Preview:
        try:
            while True:
                with unit_of_work():
                    found = step()
                if found.state != going:
                    return found
                sleep(_BREATH_S)  # the last pieces may still be another's
        finally:
            give_back_connection()

    with ThreadPoolExecutor(WORKERS) as workers:
        working = [workers.submit(copy_context().run, work) for _ in range(WORKERS)]
        return [one.result() for one in working][-1]
