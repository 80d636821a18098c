"""An agency's queue, soonest due first; it names no one."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from citycard.applications import states
from citycard.applications.forms import service_name
from citycard.applications.values import (
    QueueRow,
)
from citycard.infra.database import rows, statement


def queue(
    *,
    agency: str,
    now: dt.datetime,
    states_shown: Collection[str] = (states.IN_REVIEW,),
    reviewer: str | None = None,
    limit: int = 200,
) -> list[QueueRow]:
    """Return an agency's parts, soonest due first; it names no one.

    :param reviewer: only those that came back to this actor id
    """
    found = rows(
        statement(__file__, "queue"),
        {
            "agency": agency,
            "states": list(states_shown),
            "reviewer": reviewer,
            "limit": limit,
        },
    )
    return [_queue_row(one, now) for one in found]


def queue_counts(*, agency: str, now: dt.datetime) -> dict[str, int]:
    """Return how many parts of an agency stand in each undecided state, and ``overdue``."""
    found = rows(
        "SELECT state, count(*) AS n, count(*) FILTER (WHERE state = 'in_review' AND due_at <"
        " %s) AS late"
        " FROM applications_part WHERE agency = %s AND state IN ('waiting_checks', 'in_review',"
        " 'supplement')"
        " GROUP BY state",
        [now, agency],
    )
    counts = {state: 0 for state in states.PART_UNDECIDED} | {one.state: one.n for one in found}
    return counts | {"overdue": sum(one.late for one in found)}


def _queue_row(one: Any, now: dt.datetime) -> QueueRow:
    return QueueRow(
        part_id=one.id,
        application_id=one.application_id,
        ref=one.ref,
        member_id=one.member_id,
        service=one.service,
        service_name=service_name(one.form, one.service, one.pack_hash),
        agency=one.agency,
        channel=one.channel,
        counter=one.counter,
        state=one.state,
        submitted_at=one.submitted_at,
        due_at=one.due_at,
        overdue=one.state == states.IN_REVIEW and one.due_at is not None and one.due_at < now,
        returned=one.returned,
        reviewer=one.reviewer,
        wanted_papers=tuple(one.wanted_papers),
        opened_role=one.opened_role,
        opened_at=one.opened_at,
        version=one.version,
    )
