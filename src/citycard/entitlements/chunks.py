"""A run's work, cut into chunks of members that any number of workers take, each once."""

from collections.abc import Callable

from citycard.entitlements.runs import Run
from citycard.infra.database import execute, row, scalar, statement

Work = Callable[[int, int], int]
"""Does the members after one and up to another, in order; returns how many they were."""


def cut_everybody(run: Run, size: int) -> None:
    """Cut a run about everybody."""
    _renew(run, "cut_everybody", size)


def cut_touched(run: Run, size: int) -> None:
    """Cut those whom a run touches."""
    _renew(run, "cut_touched", size)


def cut_listed(run: Run, size: int) -> None:
    """Cut a run about some members."""
    members = run.member_ids or ()
    ends = [*members[size - 1 : -1 : size], *members[-1:]]
    execute(
        "INSERT INTO entitlements_chunk (run_id, after_id, upto_id)"
        " SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[])",
        [run.id, [0, *ends[:-1]] if ends else [], ends],
    )


def _renew(run: Run, name: str, size: int) -> None:
    execute("DELETE FROM entitlements_chunk WHERE run_id = %s", [run.id])
    execute(statement(__file__, name), {"run": run.id, "size": size})


def work_through(run: Run, work: Work, *, most: int | None) -> bool:
    """Take chunk after chunk until none is left, or so many members are done; tell whether every
    chunk is done, those of other workers included.

    A chunk is the taker's until its unit of work ends; a worker that dies leaves it to others.
    """
    done = 0
    while most is None or done < most:
        chunk = row(statement(__file__, "take_chunk"), [run.id])
        if chunk is None:
            break
        members = work(chunk.after_id, chunk.upto_id)
        execute(
            "UPDATE entitlements_chunk SET members = %s WHERE run_id = %s AND after_id = %s",
            [members, run.id, chunk.after_id],
        )
        done += members
    open_chunks = "SELECT count(*) FROM entitlements_chunk WHERE run_id = %s AND members IS NULL"
    return not scalar(open_chunks, [run.id])
