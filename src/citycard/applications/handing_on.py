"""What agencies approved, for sending it to their own systems: which parts, which answers."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.applications import states
from citycard.applications.drafting import answers_of
from citycard.infra.database import row, rows
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound

FIELD = "application"


@dataclass(frozen=True, kw_only=True)
class ApprovedPart:
    """A part that its agency approved; it names no one."""

    part_id: int
    member_id: int
    form: str
    service: str
    entitlement: str
    approved_at: dt.datetime


_SELECT = """
SELECT p.id AS part_id, p.member_id, a.form, p.service, p.entitlement, p.decided_at AS approved_at
FROM applications_part p JOIN applications_application a ON a.id = p.application_id
WHERE p.state = ANY(%s)
"""
_APPROVED = [states.APPROVED, states.COMPLETED]


def approved_parts(*, part_ids: Collection[int]) -> list[ApprovedPart]:
    """Return those of some parts that were approved, in the order of their numbers."""
    found = rows(
        f"{_SELECT} AND p.id = ANY(%s::bigint[]) ORDER BY p.id", [_APPROVED, sorted(part_ids)]
    )
    return [ApprovedPart(**one._asdict()) for one in found]


def approved_since(
    *, services: Sequence[tuple[str, str]], since: dt.datetime, after: int, limit: int
) -> list[ApprovedPart]:
    """Return what was approved from an instant on, in the order of the parts' numbers.

    :param services: pairs of a form and a service of it
    :param after: the last part of the page before; 0: from the first
    """
    found = rows(
        f"{_SELECT} AND p.decided_at >= %s AND p.id > %s AND EXISTS (SELECT FROM"
        " unnest(%s::text[], %s::text[]) AS s(form, service)"
        " WHERE s.form = a.form AND s.service = p.service) ORDER BY p.id LIMIT %s",
        [
            _APPROVED,
            since,
            after,
            [one for one, _ in services],
            [one for _, one in services],
            limit,
        ],
    )
    return [ApprovedPart(**one._asdict()) for one in found]


def answers_given(*, access: Access, part_id: int, fields: Sequence[str]) -> Mapping[str, Any]:
    """Return what the applicant answered to some of the form's questions; None: not asked.

    :raises NotFound: there is no such part
    :raises AccessTooNarrow: the access doesn't cover ``application`` of the applicant
    """
    stored = row(
        "SELECT a.id, a.public_id, a.form_sealed, p.member_id FROM applications_part p"
        " JOIN applications_application a ON a.id = p.application_id WHERE p.id = %s",
        [part_id],
    )
    if stored is None:
        raise NotFound(what="part")
    access.require(FIELD, members=[stored.member_id])
    answers = answers_of(stored)
    return {field: answers.get(field) for field in fields}
