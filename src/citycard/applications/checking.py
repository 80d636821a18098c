"""What the registers say: asked, waited for, answered; then the parts go to their agencies."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from citycard.applications import states, timeline
from citycard.applications.documents import documents_of
from citycard.applications.events import ApplicationDispatched, ApplicationWaiting
from citycard.applications.forms import form
from citycard.applications.locking import lock_asking
from citycard.applications.values import WaitingRow
from citycard.entitlements import api as entitlements
from citycard.infra.database import execute, rows, statement
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import SYSTEM, Actor


def expect_answers(*, checks: Sequence[tuple[int, str, int]], now: dt.datetime) -> None:
    """Note which register questions an application waits for: (application, register, query)
    each."""
    require_unit_of_work()
    if checks:
        applications, registers, queries = (list(each) for each in zip(*checks, strict=True))
        execute(
            "INSERT INTO applications_check (application_id, register, query_id, asked_at)"
            " SELECT c.*, %s FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS c",
            [now, applications, registers, queries],
        )


def mark_waiting(*, query_ids: Sequence[int], now: dt.datetime, actor: Actor = SYSTEM) -> int:
    """Show that applications wait for a register that doesn't answer; returns how many newly do.

    Announces ``applications.application.waiting`` once an outage.
    """
    require_unit_of_work()
    found = rows(statement(__file__, "mark_waiting"), [now, list(query_ids)])
    timeline.note([(one.id, None, ApplicationWaiting.code) for one in found], actor=actor, now=now)
    announce(*(ApplicationWaiting(**_whom(one), register=one.waiting_for) for one in found))
    return len(found)


def record_answers(*, answers: Sequence[tuple[int, str]], now: dt.datetime) -> list[int]:
    """Note what registers answered, (query, ``yes`` / ``no`` / ``unknown`` / ``stopped``) each.

    Queries of no application are passed over; an answer counts once.

    :returns: the applications whose questions are now all answered: record the facts, then
        ``dispatch``
    """
    require_unit_of_work()
    queries = [query for query, _ in answers]
    said = [answer for _, answer in answers]
    lock_asking(queries)  # two registers that answer at once: the second sees that all is answered
    execute(statement(__file__, "record_answers"), [now, queries, said])
    return [one.id for one in rows(statement(__file__, "all_answered"), [queries])]


def dispatch(
    *, application_ids: Sequence[int], now: dt.datetime, actor: Actor = SYSTEM
) -> list[int]:
    """Put the parts of fully checked applications into their agencies' queues; returns the
    applications.

    What no register could answer names the paper that would. Facts must have been recorded before.
    Announces ``applications.application.dispatched``.
    """
    require_unit_of_work()
    ready = rows(statement(__file__, "dispatch"), {"now": now, "ids": sorted(set(application_ids))})
    if not ready:
        return []
    parts = rows(
        "SELECT id, application_id, member_id, service, entitlement, decide_within_days"
        " FROM applications_part WHERE application_id = ANY(%s::bigint[])"
        " AND state = 'waiting_checks' ORDER BY id FOR UPDATE",
        [[one.id for one in ready]],
    )
    _to_review(parts, {one.id: one for one in ready}, now)
    timeline.note(
        [(one.id, None, ApplicationDispatched.code) for one in ready], actor=actor, now=now
    )
    announce(*(ApplicationDispatched(**_whom(one)) for one in ready))
    return [one.id for one in ready]


def _to_review(parts: Sequence[Any], applications: dict[int, Any], now: dt.datetime) -> None:
    wanted = wanted_papers(parts, {each: one.form for each, one in applications.items()}, now)
    dues = [now + dt.timedelta(days=part.decide_within_days) for part in parts]
    execute(
        """
        UPDATE applications_part p
        SET state = %s, due_at = n.due_at, wanted_papers = string_to_array(n.papers, ','), version
            = version + 1
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS n(id, due_at, papers) WHERE
            p.id = n.id
        """,
        [
            states.IN_REVIEW,
            [part.id for part in parts],
            dues,
            [",".join(wanted[part.id]) for part in parts],
        ],
    )


def wanted_papers(
    parts: Iterable[Any], forms: dict[int, str], now: dt.datetime
) -> dict[int, tuple[str, ...]]:
    """Return for each part the papers, not uploaded yet, that would prove what is unknown."""
    parts = list(parts)
    missing = missing_facts(parts, now)
    uploaded = documents_of([part.application_id for part in parts])
    wanted = {}
    for part in parts:
        there = {document.paper for document in uploaded.get(part.application_id, ())}
        papers = form(code=forms[part.application_id]).papers_when_unknown(
            part.service, missing[part.id]
        )
        wanted[part.id] = tuple(paper for paper in papers if paper not in there)
    return wanted


def missing_facts(parts: Iterable[Any], now: dt.datetime) -> dict[int, frozenset[str]]:
    """Return for each part the facts without which its rule says neither yes nor no; none where
    the city has the entitlement no longer."""
    parts = list(parts)
    members = sorted({part.member_id for part in parts if part.member_id is not None})
    on = current_pack().time.day(now)
    known = {each.code for each in entitlements.catalogue(on=on)}
    codes = sorted(known & {part.entitlement for part in parts})
    decisions = entitlements.eligibility(member_ids=members, entitlements=codes, on=on)
    return {
        part.id: decision.missing
        if (decision := decisions.get(part.member_id, {}).get(part.entitlement))
        else frozenset()
        for part in parts
    }


def waiting() -> list[WaitingRow]:
    """Return the applications that wait for a register which doesn't answer, longest first."""
    found = rows(
        "SELECT id AS application_id, ref, waiting_for AS register, waiting_since AS since"
        " FROM applications_application WHERE state = 'waiting' ORDER BY waiting_since, id"
    )
    return [WaitingRow(**one._asdict()) for one in found]


def being_checked() -> int:
    """Return how many applications wait for registers, answering or not."""
    found = rows(
        "SELECT count(*) AS n FROM applications_application WHERE state IN ('checking', 'waiting')"
    )
    return int(found[0].n)


def _whom(one: Any) -> dict[str, Any]:
    return {
        "application_id": one.id,
        "ref": one.ref,
        "member_id": one.member_id,
        "channel": one.channel,
    }
