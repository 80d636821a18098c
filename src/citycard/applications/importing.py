"""Whole applications as a batch: each checked as strictly as a form's, one result a row."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.applications.answering import clean_answers
from citycard.applications.bringing_in import Incoming, bring_in, local_day
from citycard.applications.completing import missing_from
from citycard.applications.drafting import (
    AnswersRefused,
)
from citycard.applications.forms import form
from citycard.applications.inspecting import Inspected, inspect
from citycard.applications.submitting import Incomplete
from citycard.applications.values import Brought, NewApplication
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused


@dataclass(frozen=True, kw_only=True)
class CheckedApplication:
    """A row of a batch that may come in, or why not."""

    answers: dict[str, Any]
    incoming: Incoming | None
    refusal: Refused | None = None


def check_many(
    *, applications: Sequence[NewApplication], now: dt.datetime
) -> list["CheckedApplication"]:
    """Check whole applications of a batch as strictly as a form's, papers included; one result a
    row."""
    seen: dict[tuple[str, bytes], Inspected] = {}
    return [_checked(new, now, seen) for new in applications]


def import_many(
    *,
    checked: Sequence[CheckedApplication],
    member_ids: Sequence[int | None],
    actor: Actor,
    now: dt.datetime,
) -> list[Brought]:
    """Bring in the rows that passed ``check_many``, for the people enrolled for them; set-based.

    A row without a member, or that was refused before, is returned refused; nothing of it is saved.
    """
    require_unit_of_work()
    results: list[Brought | None] = [
        Brought(submitted=None, refusal=each.refusal) if each.refusal else None for each in checked
    ]
    going = [
        (place, each.incoming, member)
        for place, (each, member) in enumerate(zip(checked, member_ids, strict=True))
        if each.incoming is not None and member is not None
    ]
    brought = bring_in([new for _, new, _ in going], [who for _, _, who in going], actor, now)
    for (place, _, _), result in zip(going, brought, strict=True):
        results[place] = result
    return [
        result or Brought(submitted=None, refusal=Incomplete(count=1, missing=[]))
        for result in results
    ]


def _checked(
    new: NewApplication, now: dt.datetime, seen: dict[tuple[str, bytes], Inspected]
) -> CheckedApplication:
    at = new.submitted_at or now
    try:
        wanted = form(code=new.form)
        answers, wrong = clean_answers(wanted, new.answers, on=local_day(at))
        if wrong:
            raise AnswersRefused(count=len(wrong), missing=wrong)
        for file in new.documents:
            if file not in seen:  # one sheet scanned for many people is looked into once
                seen[file] = inspect(*file)
        files = tuple((paper, seen[paper, content]) for paper, content in new.documents)
        papers = {paper for paper, _ in files}
        missing = missing_from(wanted, new.services, answers, papers, held=(), on=local_day(at))
        if missing:
            raise Incomplete(count=len(missing), missing=missing)
    except Refused as refusal:
        return CheckedApplication(answers={}, incoming=None, refusal=refusal)
    incoming = Incoming(
        public_id=uuid.uuid4(),
        form=wanted,
        channel=new.channel,
        services=new.services,
        answers=answers,
        account_id=new.account_id,
        counter=new.counter or answers.get("pickup_counter") or None,
        submitted_at=at,
        files=files,
    )
    return CheckedApplication(answers=answers, incoming=incoming)
