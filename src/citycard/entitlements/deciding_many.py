"""Deciding many at once as a run: in sets, with its differences kept, the same as one by one."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from citycard.entitlements.carrying_out import carry_out
from citycard.entitlements.previewing import preview
from citycard.entitlements.values import Change, Right
from citycard.infra.database import rows, statement
from citycard.kernel.actors import Actor


def decide_many(
    *,
    member_ids: Sequence[int],
    on: dt.date,
    now: dt.datetime,
    actor: Actor,
    weighed: bool = False,
    answer: bool = True,
) -> list[Change]:
    """Decide all rights of many members from a day onward, quietly; as ``decide``.

    Days before today that alone differ are written and are no change that anybody is told.
    """
    run = preview(member_ids=member_ids, on=on, now=now, actor=actor)
    carry_out(run_id=run.run_id, actor=actor, now=now, weighed=weighed)
    if not answer:
        return []
    return [
        Change(
            member_id=one.member_id,
            entitlement=one.entitlement,
            before=_right(one, one.before_from, one.before_to, one.before_because),
            after=_right(one, one.after_from, one.after_to, one.after_because),
            lost_on=one.lost_on,
        )
        for one in rows(statement(__file__, "changes_of_run"), {"run": run.run_id})
    ]


def _right(one: Any, begins: dt.date | None, ends: dt.date | None, because: Any) -> Right | None:
    if begins is None:
        return None
    return Right(
        member_id=one.member_id,
        entitlement=one.entitlement,
        valid_from=begins,
        valid_to=ends,
        because=json.loads(because) if isinstance(because, str) else because or {},
    )
