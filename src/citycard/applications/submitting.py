"""A filled draft is submitted: checked once more as a whole, for the person enrolled."""

import datetime as dt
from typing import Any

from citycard.applications.bringing_in import Incoming, bring_in, local_day
from citycard.applications.drafting import (
    answers_of,
    missing_of,
    stored_draft,
)
from citycard.applications.forms import form
from citycard.applications.values import Submitted
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused


class Incomplete(Refused):
    """{count} things are still missing or not right."""

    code = "applications.incomplete"


class LevelTooLow(Refused):
    """This application needs a log-in of level {needed}; yours is of level {level}."""

    code = "applications.level_too_low"


class NotYourNumber(Refused):
    """The ID number isn't yours; to apply for somebody else, please say so on the form."""

    code = "applications.not_your_number"


class ConsentNeeded(Refused):
    """The registers are asked only with the applicant's consent."""

    code = "applications.consent_needed"


def check_before_submitting(*, public_id: str, actor: Actor, now: dt.datetime) -> dict[str, Any]:
    """Lock a draft, see that nothing is missing, and return its answers: the person to enrol.

    :raises LevelTooLow: an online applicant's log-in is weaker than the form asks
    :raises Incomplete: with ``missing``: everything that is missing or not right
    """
    require_unit_of_work()
    stored = stored_draft(public_id, actor)
    wanted = form(code=stored.form)
    if stored.channel == "online" and actor.level < wanted.level:
        raise LevelTooLow(needed=wanted.level, level=actor.level)
    missing = missing_of(wanted, stored, member_id=actor.member_id, on=local_day(now))
    if missing:
        raise Incomplete(count=len(missing), missing=missing)
    return answers_of(stored)


def submit(*, public_id: str, member_id: int, actor: Actor, now: dt.datetime) -> Submitted:
    """Submit a draft for an enrolled person: it gets its reference and one part a service.

    Call ``check_before_submitting`` first, in the same unit of work. Announces
    ``applications.application.submitted``.

    :raises AlreadyApplied: the person has an open application for one of the services
    :raises NotYourNumber: a resident applies for themselves with somebody else's number
    """
    require_unit_of_work()
    stored = stored_draft(public_id, actor)
    answers = answers_of(stored)
    for_self = answers.get("applied_by", "self") == "self"
    if actor.member_id is not None and for_self and actor.member_id != member_id:
        raise NotYourNumber()
    incoming = Incoming(
        id=stored.id,
        public_id=stored.public_id,
        form=form(code=stored.form),
        channel=stored.channel,
        services=tuple(stored.services),
        answers=answers,
        account_id=stored.account_id,
        counter=stored.counter or answers.get("pickup_counter") or None,
        submitted_at=now,
    )
    (brought,) = bring_in([incoming], [member_id], actor, now)
    if brought.refusal is not None:
        raise brought.refusal
    assert brought.submitted is not None
    return brought.submitted
