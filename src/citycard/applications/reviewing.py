"""An agency decides its own part: approves or refuses."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.applications import states, timeline
from citycard.applications.closing import close_ended
from citycard.applications.events import (
    PartApproved,
    PartRefused,
)
from citycard.applications.locking import lock_of_parts
from citycard.applications.values import PartDecided, PartDecision
from citycard.infra.crypto import seal
from citycard.infra.database import execute, row, rows
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused

NOTE_LABEL = "applications.part.note"

REASONS = ("not_eligible", "not_resident", "papers_insufficient", "duplicate", "other")
"""Why a part is refused; the sentence for each is the message ``applications.reason.<code>``."""


class NotYourAgency(Refused):
    """This part is decided by {agency}."""

    code = "applications.not_your_agency"


class ChangedMeanwhile(Refused):
    """{who} changed this part at {at}; please look at it again before you decide."""

    code = "applications.changed_meanwhile"


class AlreadyDecided(Refused):
    """{who} decided this part at {at}."""

    code = "applications.already_decided"


class NotInReview(Refused):
    """This part can't be decided now; it is {state}."""

    code = "applications.not_in_review"


class ReasonNeeded(Refused):
    """A refusal needs a reason."""

    code = "applications.reason_needed"


_SELECT = """
SELECT p.id, p.application_id, p.member_id, p.service, p.entitlement, p.agency, p.card_kind,
    p.own_card, p.state,
    p.due_at, p.clock_stopped_at, p.reviewer, p.version, p.decided_role, p.decided_agency,
    p.decided_at,
    a.ref, a.form, a.entered_by, a.public_id, a.channel
FROM applications_part p JOIN applications_application a ON a.id = p.application_id
"""


def decide_part(*, decision: PartDecision, actor: Actor, now: dt.datetime) -> PartDecided:
    """Decide one part; see ``decide_many``.

    :raises Refused: what ``decide_many`` would return as the row's refusal
    """
    (decided,) = decide_many(decisions=[decision], actor=actor, now=now)
    if decided.refusal is not None:
        raise decided.refusal
    return decided


def decide_many(
    *, decisions: Sequence[PartDecision], actor: Actor, now: dt.datetime
) -> list[PartDecided]:
    """Decide parts, set-based; one result a row, in order.

    Of two who decide one part at once, the second is refused and told in role words who was first.
    An approval is not yet a right: the flow records it as a fact, and rights follow by rule.
    Announces ``applications.part.approved`` and ``.refused``.

    Refusals of a row: NotFound, NotYourAgency, AlreadyDecided, ChangedMeanwhile, NotInReview,
    ReasonNeeded.
    """
    require_unit_of_work()
    parts = locked([decision.part_id for decision in decisions])
    results, going = [], []
    for decision in decisions:
        part = parts.get(decision.part_id)
        refusal = why_not(part, decision, actor)
        if refusal is not None or part is None:
            results.append(PartDecided(part_id=decision.part_id, refusal=refusal))
            continue
        after = states.APPROVED if decision.decision == "approve" else states.REFUSED
        parts.pop(decision.part_id)  # a second row about the same part meets its new state
        going.append((part, decision, after))
        results.append(_decided(part, after))
    _write(going, actor, now)
    kinds = {states.APPROVED: PartApproved, states.REFUSED: PartRefused}
    tell([(part, kinds[after]) for part, _, after in going], actor, now)
    close_ended([part.application_id for part, _, _ in going], actor=actor, now=now)
    return results


def mark_opened(*, part_id: int, actor: Actor, now: dt.datetime) -> None:
    """Note who looks at a part, so that a colleague sees it; no lock, and no new version."""
    require_unit_of_work()
    execute(
        "UPDATE applications_part SET opened_by = %s, opened_role = %s, opened_at = %s WHERE id"
        " = %s",
        [actor.id, timeline.role_of(actor), now, part_id],
    )


def locked(part_ids: Sequence[int]) -> dict[int, Any]:
    """Lock parts, in the order of their numbers, after the applications that they are of."""
    lock_of_parts(part_ids)
    found = rows(
        f"{_SELECT} WHERE p.id = ANY(%s::bigint[]) ORDER BY p.id FOR UPDATE OF p",
        [sorted(set(part_ids))],
    )
    return {one.id: one for one in found}


def why_not(part: Any, decision: PartDecision, actor: Actor) -> Refused | None:
    """Return why an actor may not decide a locked part so, or None."""
    if part is None:
        return NotFound(what="part")
    if actor.kind == "staff" and actor.agency != part.agency:
        return NotYourAgency(agency=timeline.agency_name(agency=part.agency))
    if part.state in (states.APPROVED, states.REFUSED, states.COMPLETED):
        return AlreadyDecided(
            who=timeline.in_words(role=part.decided_role, agency=part.decided_agency),
            at=_clock(part.decided_at),
        )
    if part.state != states.IN_REVIEW:
        return NotInReview(state=part.state)
    if part.version != decision.version:
        return _changed(part)
    if decision.decision == "refuse" and decision.reason not in REASONS:
        return ReasonNeeded()
    return None


def _changed(part: Any) -> ChangedMeanwhile:
    last = row(
        "SELECT at, role, agency FROM applications_timeline"
        " WHERE application_id = %s AND part_id = %s ORDER BY id DESC LIMIT 1",
        [part.application_id, part.id],
    )
    if last is None:
        return ChangedMeanwhile(who=timeline.in_words(role="system", agency=None), at="")
    return ChangedMeanwhile(
        who=timeline.in_words(role=last.role, agency=last.agency), at=_clock(last.at)
    )


_DECIDE = """
UPDATE applications_part p
SET state = n.state, reason_code = nullif(n.reason, ''), note_sealed = n.note, decided_by = %s,
    decided_role = %s,
    decided_agency = %s, decided_at = %s, version = version + 1
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bytea[]) AS n(id, state, reason, note) WHERE
    p.id = n.id
"""


def _write(going: Sequence[tuple[Any, PartDecision, str]], actor: Actor, now: dt.datetime) -> None:
    if not going:
        return
    table = [
        (
            part.id,
            after,
            decision.reason,
            seal(NOTE_LABEL, decision.note.strip(), row=part.id) if decision.note.strip() else None,
        )
        for part, decision, after in going
    ]
    columns = map(list, zip(*table, strict=True))
    execute(_DECIDE, [actor.id, timeline.role_of(actor), actor.agency, now, *columns])


def tell(happened: Sequence[tuple[Any, Any]], actor: Actor, now: dt.datetime) -> None:
    """Note in the timeline and announce what happened to parts."""
    timeline.note(
        [(part.application_id, part.id, kind.code) for part, kind in happened],
        actor=actor,
        now=now,
    )
    announce(*(kind(**part_facts(part)) for part, kind in happened))


def part_facts(part: Any) -> Mapping[str, Any]:
    """Return what a part's event carries."""
    return {
        "application_id": part.application_id,
        "part_id": part.id,
        "ref": part.ref,
        "member_id": part.member_id,
        "service": part.service,
        "agency": part.agency,
    }


def _decided(part: Any, after: str) -> PartDecided:
    return PartDecided(
        part_id=part.id,
        application_id=part.application_id,
        ref=part.ref,
        member_id=part.member_id,
        service=part.service,
        entitlement=part.entitlement,
        card_kind=part.card_kind,
        own_card=part.own_card,
        state=after,
        version=part.version + 1,
    )


def _clock(at: dt.datetime) -> str:
    return f"{current_pack().time.local(at):%Y-%m-%d %H:%M}"
