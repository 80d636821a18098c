"""An application as one case: to its resident, to staff with an access, to a part's reviewer."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from citycard.applications import states
from citycard.applications.checking import missing_facts
from citycard.applications.documents import documents_of
from citycard.applications.drafting import account_of, answers_of
from citycard.applications.finding import ApplicationFound, PartFound, find, part
from citycard.applications.forms import form, service_name
from citycard.applications.reviewing import NOTE_LABEL
from citycard.applications.supplementing import ANSWER_LABEL, ASKED_LABEL
from citycard.applications.values import (
    Case,
    CasePart,
    Check,
    PartView,
    Step,
    Supplement,
)
from citycard.infra.crypto import unseal
from citycard.infra.database import row, rows
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound

FIELD = "application"


def open_part(*, access: Access, part_id: int, now: dt.datetime) -> PartView:
    """Return a part as its reviewer decides it: answers, papers, checks and what is still unknown.

    :raises NotFound: there is none
    :raises AccessTooNarrow: the access doesn't cover ``application`` of the applicant
    """
    whose = part(part_id=part_id)
    access.require(FIELD, members=[whose.member_id])
    (seen,) = _cases("a.id = %s", [whose.application_id], "checks" in access.fields)
    stored = row(
        "SELECT id, public_id, form, services, form_sealed FROM applications_application WHERE"
        " id = %s",
        [whose.application_id],
    )
    assert stored is not None
    asked = form(code=stored.form).asked(stored.services, answers_of(stored))
    return PartView(
        part=next(each for each in seen.parts if each.part_id == part_id),
        case=seen,
        answers=answers_of(stored),
        questions=tuple(dict(question.settings) for question in asked),
        missing_facts=tuple(sorted(_missing_of(whose, now))),
        supplements=tuple(_supplements([part_id]).get(part_id, ())),
    )


def case(*, ref: str, access: Access | None = None, actor: Actor | None = None) -> Case:
    """Return an application as one case, to staff with an access or to the resident whose it is.

    A resident who is known by an e-mail only sees that registers answered, not what.

    :param ref: its reference or its public id
    :raises NotFound: there is none, or it isn't this actor's
    """
    whose = find(ref=ref)
    if access is not None and whose.member_id is not None:
        access.require(FIELD, members=[whose.member_id])
        return _cases("a.id = %s", [whose.application_id], "checks" in access.fields)[0]
    if actor is None or not _is_theirs(whose, actor):
        raise NotFound(what="application")
    known = actor.member_id is not None and actor.member_id == whose.member_id
    return _cases("a.id = %s", [whose.application_id], known)[0]


def cases_of(*, actor: Actor, limit: int = 50) -> list[Case]:
    """Return a resident's own applications, newest first: those they entered and those about
    them."""
    return _cases(
        "a.ref IS NOT NULL AND (a.account_id = %s OR a.member_id = %s)"
        " ORDER BY a.submitted_at DESC, a.id DESC LIMIT %s",
        [account_of(actor), actor.member_id, limit],
        actor.member_id is not None,
    )


def cases_of_member(*, access: Access, member_id: int, limit: int = 50) -> list[Case]:
    """Return a member's applications to staff, newest first."""
    access.require(FIELD, members=[member_id])
    return _cases(
        "a.member_id = %s ORDER BY a.submitted_at DESC, a.id DESC LIMIT %s",
        [member_id, limit],
        "checks" in access.fields,
    )


def _is_theirs(whose: ApplicationFound, actor: Actor) -> bool:
    account = account_of(actor)
    if account is not None and account == whose.account_id:
        return True
    return actor.member_id is not None and actor.member_id == whose.member_id


def _missing_of(whose: PartFound, now: dt.datetime) -> frozenset[str]:
    if whose.state not in states.PART_UNDECIDED:
        return frozenset()
    facts = rows(
        "SELECT %s::bigint AS id, %s::bigint AS member_id, %s AS entitlement",
        [whose.part_id, whose.member_id, whose.entitlement],
    )
    return missing_facts(facts, now)[whose.part_id]


def _cases(where: str, params: Sequence[Any], show_answers: bool) -> list[Case]:
    found = rows(
        f"""
        SELECT a.id, a.public_id::text AS public_id, a.ref, a.form, a.state, a.channel, a.counter,
            a.account_id, a.pack_hash,
            a.member_id, a.submitted_at, a.waiting_since, a.waiting_for, a.closed_at
        FROM applications_application a WHERE {where}
        """,  # noqa: S608 - the conditions are this file's own, their values parameters
        params,
    )
    ids = [one.id for one in found]
    parts, checks = _parts(found), _checks(ids, show_answers)
    documents, steps = documents_of(ids), _timeline(ids)
    return [
        Case(
            application_id=one.id,
            public_id=one.public_id,
            ref=one.ref,
            state=one.state,
            channel=one.channel,
            counter=one.counter,
            account_id=one.account_id,
            member_id=one.member_id,
            submitted_at=one.submitted_at,
            waiting_since=one.waiting_since,
            waiting_for=one.waiting_for,
            closed_at=one.closed_at,
            parts=tuple(parts.get(one.id, ())),
            checks=tuple(checks.get(one.id, ())),
            documents=tuple(documents.get(one.id, ())),
            timeline=tuple(steps.get(one.id, ())),
        )
        for one in found
    ]


def _parts(applications: Sequence[Any]) -> dict[int, list[CasePart]]:
    made_by = {one.id: (one.form, one.pack_hash) for one in applications}
    found = rows(
        "SELECT * FROM applications_part WHERE application_id = ANY(%s::bigint[]) ORDER BY id",
        [list(made_by)],
    )
    asked = _supplements([one.id for one in found])
    parts: dict[int, list[CasePart]] = defaultdict(list)
    for one in found:
        form_code, pack_hash = made_by[one.application_id]
        newest = asked.get(one.id, [])[-1:]
        parts[one.application_id].append(
            CasePart(
                part_id=one.id,
                service=one.service,
                name=service_name(form_code, one.service, pack_hash),
                agency=one.agency,
                entitlement=one.entitlement,
                card_kind=one.card_kind,
                own_card=one.own_card,
                state=one.state,
                due_at=one.due_at,
                decided_at=one.decided_at,
                reason=one.reason_code,
                completed_at=one.completed_at,
                note=unseal(NOTE_LABEL, one.note_sealed, row=one.id) if one.note_sealed else "",
                wanted_papers=tuple(one.wanted_papers),
                supplement=newest[0] if newest else None,
                version=one.version,
            )
        )
    return parts


def _supplements(part_ids: Sequence[int]) -> dict[int, list[Supplement]]:
    asked: dict[int, list[Supplement]] = defaultdict(list)
    for one in rows(
        "SELECT * FROM applications_supplement WHERE part_id = ANY(%s::bigint[]) ORDER BY id",
        [list(part_ids)],
    ):
        asked[one.part_id].append(
            Supplement(
                id=one.id,
                papers=tuple(one.papers),
                note=unseal(ASKED_LABEL, one.note_sealed, row=one.id) if one.note_sealed else "",
                answer=(
                    unseal(ANSWER_LABEL, one.answer_sealed, row=one.id) if one.answer_sealed else ""
                ),
                asked_at=one.asked_at,
                answered_at=one.answered_at,
            )
        )
    return asked


def _checks(application_ids: Sequence[int], show_answers: bool) -> dict[int, list[Check]]:
    checks: dict[int, list[Check]] = defaultdict(list)
    for one in rows(
        "SELECT * FROM applications_check WHERE application_id = ANY(%s::bigint[]) ORDER BY id",
        [list(application_ids)],
    ):
        shown = one.answer if show_answers or one.answer == "waiting" else "done"
        checks[one.application_id].append(
            Check(
                register=one.register if show_answers else one.register.partition(".")[0],
                query_id=one.query_id,
                answer=shown,
                asked_at=one.asked_at,
                answered_at=one.answered_at,
            )
        )
    return checks


def _timeline(application_ids: Sequence[int]) -> dict[int, list[Step]]:
    steps: dict[int, list[Step]] = defaultdict(list)
    for one in rows(
        "SELECT t.application_id, t.at, t.code, p.service, t.role, t.agency FROM"
        " applications_timeline t"
        " LEFT JOIN applications_part p ON p.id = t.part_id"
        " WHERE t.application_id = ANY(%s::bigint[]) ORDER BY t.id",
        [list(application_ids)],
    ):
        steps[one.application_id].append(
            Step(at=one.at, code=one.code, service=one.service, role=one.role, agency=one.agency)
        )
    return steps
