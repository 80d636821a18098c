"""Fill in an application: begin a draft, save answers, say what is still missing, throw it away."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from citycard.applications.answering import clean_answers
from citycard.applications.completing import missing_from
from citycard.applications.documents import documents_of
from citycard.applications.forms import Form, closed_services, form, service_name
from citycard.applications.values import Draft, Missing
from citycard.entitlements import api as entitlements
from citycard.infra.crypto import seal, unseal
from citycard.infra.database import execute, row, rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.errors import NotFound, Refused
from citycard.rules.api import Decision

FORM_LABEL = "applications.application.form"

DRAFTS_ARE_KEPT = dt.timedelta(days=30)


class AnswersRefused(Refused):
    """{count} answers can't be kept as they are."""

    code = "applications.answers_refused"


class DraftChangedMeanwhile(Refused):
    """This draft was changed in another window; please look at it again."""

    code = "applications.draft_changed_meanwhile"


class AlreadySubmitted(Refused):
    """This application was submitted already: {ref}."""

    code = "applications.already_submitted"


class ChannelNotOffered(Refused):
    """This form can't be handed in {channel}."""

    code = "applications.channel_not_offered"


def start_draft(
    *,
    actor: Actor,
    now: dt.datetime,
    form_code: str | None = None,
    services: Sequence[str] = (),
    answers: Mapping[str, Any] | None = None,
) -> Draft:
    """Begin an application; who begins it says the channel: a resident online, staff at their
    counter.

    :raises NoSuchForm: the city has none of this code
    :raises ChannelNotOffered: the form isn't handed in this way
    :raises cards.ProgrammeClosed: a service belongs to a programme that takes nothing at present
    """
    require_unit_of_work()
    wanted, channel = form(code=form_code), channel_of(actor)
    if channel not in wanted.table["channels"]:
        raise ChannelNotOffered(channel=channel)
    _require_open(wanted, services, now)
    public_id = uuid.uuid4()
    kept, _ = clean_answers(wanted, answers or {}, on=_day(now))
    execute(
        """
        INSERT INTO applications_application (public_id, form, channel, account_id, counter,
            entered_by,
            state, services, form_sealed, pack_hash, created_at)
        VALUES (%s, %s, %s, %s, %s, %s, 'draft', %s, %s, %s, %s)
        """,
        [
            public_id,
            wanted.code,
            channel,
            account_of(actor),
            actor.counter,
            actor.id,
            list(services),
            seal(FORM_LABEL, json.dumps(kept, ensure_ascii=False), row=public_id),
            current_pack().hash,
            now,
        ],
    )
    return draft(public_id=str(public_id), actor=actor)


def draft(*, public_id: str, actor: Actor) -> Draft:
    """Return a draft to whoever began it (or to staff of the same counter).

    :raises NotFound: there is none, it was submitted, or it is somebody else's
    """
    return _as_draft(_own(public_id, actor))


def drafts_of(*, actor: Actor) -> list[Draft]:
    """Return the drafts that an actor may go on with, newest first."""
    found = rows(
        f"{_SELECT} WHERE state = 'draft' AND (entered_by = %s OR (channel = 'counter' AND"
        " counter = %s))"
        " ORDER BY created_at DESC LIMIT 50",
        [actor.id, actor.counter],
    )
    return [_as_draft(one) for one in found]


def save_answers(
    *,
    public_id: str,
    answers: Mapping[str, Any],
    actor: Actor,
    now: dt.datetime,
    services: Sequence[str] | None = None,
    version: int | None = None,
) -> Draft:
    """Lay answers over those already there; fields not named stay. An empty text takes an answer
    away.

    :param services: those chosen instead of the draft's
    :param version: the draft's version that the page showed
    :raises cards.ProgrammeClosed: as for ``start_draft``, where services are chosen
    :raises AnswersRefused: with ``missing``: each answer that can't be kept; nothing is saved
    :raises DraftChangedMeanwhile: another window saved first
    """
    require_unit_of_work()
    stored = _own(public_id, actor, lock=True)
    if version is not None and version != stored.version:
        raise DraftChangedMeanwhile()
    wanted = form(code=stored.form)
    _require_open(wanted, services or (), now)
    kept, wrong = clean_answers(wanted, answers, on=_day(now))
    if wrong:
        raise AnswersRefused(count=len(wrong), missing=wrong)
    together = {**_answers(stored), **kept}
    execute(
        "UPDATE applications_application SET form_sealed = %s, services = %s,"
        " version = version + 1, edited_by = %s, edited_at = %s WHERE id = %s",
        [
            seal(FORM_LABEL, json.dumps(together, ensure_ascii=False), row=stored.public_id),
            list(stored.services if services is None else services),
            actor.id,
            now,
            stored.id,
        ],
    )
    return draft(public_id=public_id, actor=actor)


def completeness(*, public_id: str, actor: Actor, now: dt.datetime) -> list[Missing]:
    """Return everything that still keeps a draft from being submitted, each thing named at once."""
    stored = _own(public_id, actor)
    return missing_of(form(code=stored.form), stored, member_id=actor.member_id, on=_day(now))


def forecast(*, public_id: str, actor: Actor, now: dt.datetime) -> dict[str, Decision]:
    """Say by service what the rule makes of the answers alone, before anybody is asked.

    A no is sure (a child of six asks for a card from seven on) and its ``because`` says why;
    whoever asks all the same gets an agency's decision.
    """
    stored = _own(public_id, actor)
    answers, offered = _answers(stored), form(code=stored.form).services
    facts = {name: answers[name] for name in ("sex", "resides_in_city") if answers.get(name)}
    if answers.get("birth_on"):
        facts["birth_on"] = dt.date.fromisoformat(answers["birth_on"])
    chosen = {code: offered[code].entitlement for code in stored.services if code in offered}
    judged = entitlements.judge(
        facts=facts, entitlements=sorted(set(chosen.values())), on=_day(now)
    )
    return {code: judged[name] for code, name in chosen.items() if name in judged}


def discard(*, public_id: str, actor: Actor, now: dt.datetime) -> None:
    """Throw a draft away; its answers and papers are erased."""
    require_unit_of_work()
    stored = _own(public_id, actor, lock=True)
    execute(
        "UPDATE applications_application SET state = 'discarded', form_sealed = '', closed_at = %s"
        " WHERE id = %s",
        [now, stored.id],
    )
    execute(
        "UPDATE applications_document SET content_sealed = NULL, removed_at = %s, erased_at = %s"
        " WHERE application_id = %s AND removed_at IS NULL",
        [now, now, stored.id],
    )


def discard_old_drafts(*, now: dt.datetime, actor: Actor = SYSTEM) -> int:
    """Throw away drafts in which nobody saved an answer or a paper for a month; returns how
    many."""
    require_unit_of_work()
    old = rows(
        """
        UPDATE applications_application a
        SET state = 'discarded', form_sealed = '', closed_at = %(now)s
        WHERE a.state = 'draft' AND coalesce(a.edited_at, a.created_at) < %(since)s
          AND NOT EXISTS (SELECT FROM applications_document d
                          WHERE d.application_id = a.id AND d.uploaded_at >= %(since)s)
        RETURNING a.id
        """,
        {"now": now, "since": now - DRAFTS_ARE_KEPT},
    )
    execute(
        "UPDATE applications_document SET content_sealed = NULL, erased_at = %s"
        " WHERE application_id = ANY(%s::bigint[]) AND content_sealed IS NOT NULL",
        [now, [one.id for one in old]],
    )
    return len(old)


def missing_of(wanted: Form, stored: Any, *, member_id: int | None, on: dt.date) -> list[Missing]:
    """Return what a stored draft lacks."""
    uploaded = {document.paper for document in documents_of([stored.id]).get(stored.id, ())}
    held: set[str] = set()
    if member_id is not None:
        rights = entitlements.machine_rights_of(member_ids=[member_id], on=on)
        held = {right.entitlement for right in rights[member_id]}
    answers = _answers(stored)
    found = missing_from(wanted, stored.services, answers, uploaded, held=held, on=on)
    return [_named(one, stored) if one.why == "no_such_service" else one for one in found]


def _named(missing: Missing, stored: Any) -> Missing:
    """Call a service that is gone what it was called when the draft was begun."""
    return replace(missing, label=service_name(stored.form, missing.code, stored.pack_hash))


def stored_draft(public_id: str, actor: Actor) -> Any:
    """Return the locked row of an actor's own draft."""
    return _own(public_id, actor, lock=True)


def answers_of(stored: Any) -> dict[str, Any]:
    """Return the answers of a stored application."""
    return _answers(stored)


def channel_of(actor: Actor) -> str:
    """Return the channel through which an actor hands applications in."""
    if actor.kind == "staff":
        return "counter"
    return "import" if actor.kind == "system" else "online"


def account_of(actor: Actor) -> int | None:
    """Return the account behind a resident's actor."""
    kind, _, number = actor.id.partition(":")
    return int(number) if kind == "account" and number.isdigit() else None


_SELECT = """
SELECT id, public_id, ref, form, channel, account_id, counter, entered_by, state, services,
    form_sealed, pack_hash, version, created_at, edited_by, edited_at
FROM applications_application
"""


def _require_open(wanted: Form, services: Sequence[str], now: dt.datetime) -> None:
    closed = closed_services(form=wanted, now=now)
    for code in services:
        if code in closed:
            raise closed[code]


def _own(public_id: str, actor: Actor, *, lock: bool = False) -> Any:
    found = row(
        f"{_SELECT} WHERE public_id = %s AND state = 'draft'{' FOR UPDATE' if lock else ''}",
        [_uuid(public_id)],
    )
    if found is None:
        _say_if_submitted(public_id, actor)
    if found is None or not _may_edit(found, actor):
        raise NotFound(what="draft")
    return found


def _say_if_submitted(public_id: str, actor: Actor) -> None:
    """Tell somebody who pressed twice that their application is in."""
    found = row(f"{_SELECT} WHERE public_id = %s AND ref IS NOT NULL", [_uuid(public_id)])
    if found is not None and _may_edit(found, actor):
        raise AlreadySubmitted(ref=found.ref)


def _may_edit(stored: Any, actor: Actor) -> bool:
    if stored.entered_by == actor.id:
        return True
    same_counter = actor.counter is not None and stored.counter == actor.counter
    return stored.channel == "counter" and actor.kind == "staff" and same_counter


def _as_draft(stored: Any) -> Draft:
    return Draft(
        public_id=str(stored.public_id),
        form=stored.form,
        channel=stored.channel,
        counter=stored.counter,
        services=tuple(stored.services),
        answers=_answers(stored),
        documents=tuple(documents_of([stored.id]).get(stored.id, ())),
        version=stored.version,
        created_at=stored.created_at,
        edited_by=stored.edited_by or stored.entered_by,
        edited_at=stored.edited_at or stored.created_at,
    )


def _answers(stored: Any) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads(
        unseal(FORM_LABEL, stored.form_sealed, row=stored.public_id)
    )
    return answers


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound(what="draft") from None


def _day(now: dt.datetime) -> dt.date:
    return current_pack().time.day(now)
