"""A mass decision's own row: where it stands, and what it tells."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from citycard.entitlements.run_values import Count, Preview, RunState, Sample, Share
from citycard.infra.database import execute, row, rows, statement
from citycard.kernel.errors import Refused

SAMPLES = 5
"""Members shown of each count."""


class NoSuchRun(Refused):
    """There is no mass decision {run_id}."""

    code = "entitlements.no_such_run"


class RunNotReady(Refused):
    """The mass decision {run_id} is {state}: this can't be done with it now."""

    code = "entitlements.run_not_ready"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as it is stored."""

    id: int
    pack_hash: str
    member_ids: tuple[int, ...] | None
    codes: tuple[str, ...]
    every_rule: bool
    on: dt.date
    today: dt.date
    state: RunState
    members: int
    touched: int
    left_over: int
    replaced_by: int | None


def lock(run_id: int) -> Run:
    """Lock and return a run, to move it on.

    :raises NoSuchRun: there is none of this id
    """
    return load(run_id, "FOR UPDATE")


def load(run_id: int, lock: str = "") -> Run:
    """Return a run as it stands.

    :raises NoSuchRun: there is none of this id
    """
    found = row(f"SELECT * FROM entitlements_run WHERE id = %s {lock}", [run_id])  # noqa: S608 - ours
    if found is None:
        raise NoSuchRun(run_id=run_id)
    return Run(
        id=found.id,
        pack_hash=found.pack_hash,
        member_ids=None if found.member_ids is None else tuple(found.member_ids),
        codes=tuple(found.codes),
        every_rule=found.every_rule,
        on=found.on_day,
        today=found.today,
        state=found.state,
        members=found.members,
        touched=found.touched,
        left_over=found.left_over,
        replaced_by=found.replaced_by,
    )


def set_state(run: Run, state: RunState, *, now: dt.datetime, actor: str | None = None) -> None:
    """Move a run on."""
    execute(
        statement(__file__, "set_state"),
        {"run": run.id, "state": state, "now": now, "actor": actor},
    )


def replace(run: Run, *, by: int) -> None:
    """Note that a newer preview took a run's place."""
    execute(
        "UPDATE entitlements_run SET state = 'replaced', replaced_by = %s WHERE id = %s",
        [by, run.id],
    )


def count_up(run: Run) -> None:
    """Keep the counts of a finished preview: they stay when its differences are cleared."""
    asked = {"run": run.id, "today": run.today, "few": SAMPLES}
    execute(statement(__file__, "count_up"), asked)
    anew = {"anew": run.member_ids is None}
    execute(statement(__file__, "count_holders"), asked | anew)


def preview_of(*, run_id: int) -> Preview:
    """Return a mass decision as it stands: its counts, shares and samples.

    :raises NoSuchRun: there is none of this id
    """
    run = load(run_id)
    counted = rows(
        "SELECT entitlement, kind, reason, members FROM entitlements_count WHERE run_id = %s"
        " ORDER BY entitlement, kind, reason",
        [run_id],
    )
    counts = tuple(Count(**one._asdict()) for one in counted if one.kind != "holders")
    holders = {one.entitlement: one.members for one in counted if one.kind == "holders"}
    return Preview(
        run_id=run.id,
        state=run.state,
        on=run.on,
        today=run.today,
        pack_hash=run.pack_hash,
        everybody=run.member_ids is None,
        codes=run.codes,
        members=run.members,
        touched=run.touched,
        counts=counts,
        shares={code: _share(code, counts, holders.get(code, 0)) for code in run.codes},
        samples=tuple(_sample(one) for one in rows(statement(__file__, "samples"), [run_id])),
        left=run.left_over,
        replaced_by=run.replaced_by,
    )


def _share(code: str, counts: tuple[Count, ...], holders: int) -> Share:
    def of(kind: str) -> int:
        return sum(
            each.members for each in counts if each.entitlement == code and each.kind == kind
        )

    return Share(
        entitlement=code,
        holders=holders,
        begun=of("begun"),
        ended=of("ended"),
        cut=of("cut"),
        changed=of("changed"),
    )


def _sample(one: Any) -> Sample:
    return Sample(
        member_id=one.member_id,
        entitlement=one.entitlement,
        kind=one.kind,
        reason=one.reason,
        before=None if one.before_from is None else (one.before_from, one.before_to),
        after=None if one.after_from is None else (one.after_from, one.after_to),
    )
