"""Maker and checker: what one officer proposes, another approves or rejects.

A proposal holds what is to be done, by ids and amounts only; carrying it out is the caller's
(``flows/approving.py`` has the table of who does what), in the unit of work of the approval.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from citycard.agencies.approval_rules import check_may_check, check_may_propose
from citycard.agencies.events import ProposalEnded, ProposalMade
from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused

ProposalState = Literal["waiting", "approved", "rejected", "withdrawn"]


class SamePerson(Refused):
    """Nobody approves or rejects what they proposed themselves."""

    code = "agencies.same_person"
    http_status = 403


class NotTheMaker(Refused):
    """Only who proposed this may withdraw it."""

    code = "agencies.not_the_maker"
    http_status = 403


class AlreadyProposed(Refused):
    """This was proposed before and still waits for a second officer."""

    code = "agencies.already_proposed"


class ProposalIsOver(Refused):
    """This proposal is {state} already."""

    code = "agencies.proposal_is_over"


class ReasonMissing(Refused):
    """Please say why."""

    code = "agencies.reason_missing"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Something that one officer proposed.

    :ivar kind: a row of the pack's ``approvals``: ``ledger.close_month``
    :ivar about: what it is about, by ids and codes: ``2026-10``, ``fund:3``
    :ivar content: what is to be done, as the kind's own table of ``flows/approving.py`` reads it
    :ivar agency: whose officer proposed it
    :ivar made_by: an actor's id
    :ivar checked_by: who approved or rejected it
    :ivar said: why it was rejected, or what the checker added
    """

    proposal_id: int
    kind: str
    about: str
    content: Mapping[str, Any]
    reason: str
    agency: str
    made_by: str
    made_at: dt.datetime
    state: ProposalState
    checked_by: str | None
    ended_at: dt.datetime | None
    said: str


def propose(
    *,
    kind: str,
    about: str,
    content: Mapping[str, Any],
    reason: str,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Propose something that a second officer must approve, and return the proposal's number.

    Announces ``agencies.proposal.made``.

    :param about: what it is about; of one kind and about, one proposal waits at a time
    :param content: plain JSON, ids and amounts only: nothing of a person
    :raises MayNotPropose: the actor's role or agency may not
    :raises ReasonMissing: no reason was given
    :raises AlreadyProposed: the same is waiting
    """
    require_unit_of_work()
    check_may_propose(kind, actor)
    if not reason.strip():
        raise ReasonMissing()
    proposal_id = scalar(
        "INSERT INTO agencies_proposal (kind, about, content, reason, agency, made_by, made_at)"
        " VALUES (%s, %s, %s::jsonb, %s, %s, %s, %s)"
        " ON CONFLICT (kind, about) WHERE state = 'waiting' DO NOTHING RETURNING id",
        [kind, about, json.dumps(content), reason.strip(), actor.agency or "", actor.id, now],
    )
    if proposal_id is None:
        raise AlreadyProposed()
    announce(ProposalMade(proposal_id=proposal_id, kind=kind))
    return int(proposal_id)


def approve(*, proposal_id: int, actor: Actor, now: dt.datetime, said: str = "") -> Proposal:
    """Approve a proposal, and return it for being carried out in the same unit of work.

    Announces ``agencies.proposal.ended``.

    :raises NotFound: there is none of this number
    :raises ProposalIsOver: somebody was faster
    :raises SamePerson: the actor proposed it
    :raises MayNotCheck: the actor's role or agency may not
    """
    _check(_locked(proposal_id), actor)
    return _end(proposal_id, "approved", checked_by=actor.id, said=said, now=now)


def reject(*, proposal_id: int, reason: str, actor: Actor, now: dt.datetime) -> Proposal:
    """Reject a proposal, with the reason. Announces ``agencies.proposal.ended``.

    :raises NotFound: there is none of this number
    :raises ProposalIsOver: somebody was faster
    :raises SamePerson: the actor proposed it (they withdraw it instead)
    :raises MayNotCheck: the actor's role or agency may not
    :raises ReasonMissing: no reason was given
    """
    _check(_locked(proposal_id), actor)
    if not reason.strip():
        raise ReasonMissing()
    return _end(proposal_id, "rejected", checked_by=actor.id, said=reason.strip(), now=now)


def withdraw(*, proposal_id: int, actor: Actor, now: dt.datetime) -> Proposal:
    """Take back one's own proposal. Announces ``agencies.proposal.ended``.

    :raises NotFound: there is none of this number
    :raises ProposalIsOver: somebody was faster
    :raises NotTheMaker: somebody else proposed it
    """
    if _locked(proposal_id).made_by != actor.id:
        raise NotTheMaker()
    return _end(proposal_id, "withdrawn", checked_by=None, said="", now=now)


def lapse(*, proposal_id: int, now: dt.datetime) -> Proposal:
    """End a waiting proposal whose content is no longer what would happen; another takes its place.

    Announces ``agencies.proposal.ended``.

    :raises NotFound: there is none of this number
    :raises ProposalIsOver: it doesn't wait
    """
    _locked(proposal_id)
    return _end(proposal_id, "withdrawn", checked_by=None, said="", now=now)


_PROPOSAL = """
SELECT id AS proposal_id, kind, about, content::text AS content, reason, agency, made_by, made_at,
       state, checked_by, ended_at, said
FROM agencies_proposal
"""


def proposal(*, proposal_id: int) -> Proposal:
    """Return a proposal.

    :raises NotFound: there is none of this number
    """
    found = row(_PROPOSAL + " WHERE id = %s", [proposal_id])
    if found is None:
        raise NotFound(what="proposal")
    return _proposal(found)


def proposals(
    *, kind: str | None = None, state: ProposalState | None = "waiting", limit: int = 200
) -> list[Proposal]:
    """Return proposals (of one kind), newest first.

    :param state: None returns those of every state
    """
    found = rows(
        _PROPOSAL + " WHERE (%(kind)s::text IS NULL OR kind = %(kind)s)"
        " AND (%(state)s::text IS NULL OR state = %(state)s) ORDER BY id DESC LIMIT %(limit)s",
        {"kind": kind, "state": state, "limit": limit},
    )
    return [_proposal(one) for one in found]


def _locked(proposal_id: int) -> Proposal:
    require_unit_of_work()
    execute("SELECT 1 FROM agencies_proposal WHERE id = %s FOR UPDATE", [proposal_id])
    found = proposal(proposal_id=proposal_id)
    if found.state != "waiting":
        raise ProposalIsOver(state=found.state)
    return found


def _check(found: Proposal, actor: Actor) -> None:
    if found.made_by == actor.id:
        raise SamePerson()
    check_may_check(found.kind, found.agency, actor)


def _end(
    proposal_id: int, state: ProposalState, *, checked_by: str | None, said: str, now: dt.datetime
) -> Proposal:
    execute(
        "UPDATE agencies_proposal SET state = %s, checked_by = %s, said = %s, ended_at = %s"
        " WHERE id = %s",
        [state, checked_by, said, now, proposal_id],
    )
    announce(ProposalEnded(proposal_id=proposal_id, state=state))
    return proposal(proposal_id=proposal_id)


def _proposal(one: Any) -> Proposal:
    found = one._asdict()
    return Proposal(**{**found, "content": json.loads(found["content"])})
