"""Applications on their way into the tables: set-based, one or many."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.applications import states, timeline
from citycard.applications.deciding import registers_to_ask
from citycard.applications.documents import keep
from citycard.applications.drafting import (
    FORM_LABEL,
)
from citycard.applications.events import ApplicationSubmitted
from citycard.applications.forms import Form, closed_programme
from citycard.applications.inspecting import Inspected
from citycard.applications.locking import lock_applying
from citycard.applications.values import Brought, Submitted
from citycard.cards import api as cards
from citycard.entitlements import api as entitlements
from citycard.infra.crypto import seal
from citycard.infra.database import execute, rows, statement
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.ids import new_reference

REFERENCE_PREFIX = "A"


class AlreadyApplied(Refused):
    """There is an open application for {service} already: {ref}."""

    code = "applications.already_applied"


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A complete application on its way into the tables; ``id`` is None when it was no draft
    before."""

    public_id: uuid.UUID
    form: Form
    channel: str
    services: tuple[str, ...]
    answers: dict[str, Any]
    account_id: int | None
    counter: str | None
    submitted_at: dt.datetime
    id: int | None = None
    files: tuple[tuple[str, Inspected], ...] = ()


def bring_in(
    incoming: Sequence[Incoming], member_ids: Sequence[int], actor: Actor, now: dt.datetime
) -> list[Brought]:
    """Bring in applications for enrolled people; a row that clashes, or whose programme was closed
    when it was handed in, is refused; others come in."""
    lock_applying(member_ids)
    refusals = [
        closed or clash
        for closed, clash in zip(
            _closed(incoming, member_ids), _already_applied(incoming, member_ids), strict=True
        )
    ]
    going = [
        (new, member, new_reference(REFERENCE_PREFIX))
        for new, member, refusal in zip(incoming, member_ids, refusals, strict=True)
        if refusal is None
    ]
    ids = {new.public_id: new.id for new, _, _ in going if new.id is not None}
    ids |= _insert([each for each in going if each[0].id is None], actor)
    _take_over_drafts([each for each in going if each[0].id is not None])
    files = [(ids[new.public_id], *file) for new, _, _ in going for file in new.files]
    keep(files, actor=actor, now=now)
    _insert_parts(going, ids)
    timeline.note(
        [(ids[new.public_id], None, ApplicationSubmitted.code) for new, _, _ in going],
        actor=actor,
        now=now,
    )
    announce(*(_event(ids[new.public_id], new, member, ref) for new, member, ref in going))
    submitted = {new.public_id: _submitted(ids[new.public_id], new, ref) for new, _, ref in going}
    return [
        Brought(submitted=submitted.get(new.public_id), refusal=refusal)
        for new, refusal in zip(incoming, refusals, strict=True)
    ]


def _closed(incoming: Sequence[Incoming], member_ids: Sequence[int]) -> list[Refused | None]:
    wanted = [
        (member, kind)
        for new, member in zip(incoming, member_ids, strict=True)
        for kind in _kinds(new)
        if kind is not None
    ]
    before = cards.held_before(pairs=wanted) if cards.programmes_limit() else set()
    return [
        closed_programme(new.form, new.services, now=new.submitted_at, again=again)
        for new, again in (
            (new, {kind for kind in _kinds(new) if kind and (member, kind) in before})
            for new, member in zip(incoming, member_ids, strict=True)
        )
    ]


def _kinds(new: Incoming) -> list[str | None]:
    return [new.form.services[code].card_kind for code in new.services]


def _already_applied(
    incoming: Sequence[Incoming], member_ids: Sequence[int]
) -> list[Refused | None]:
    wanted = [
        (member, service)
        for new, member in zip(incoming, member_ids, strict=True)
        for service in new.services
    ]
    found = rows(
        statement(__file__, "open_parts_of"),
        [[member for member, _ in wanted], [service for _, service in wanted]],
    )
    taken = {(one.member_id, one.service): one.ref for one in found}
    refusals: list[Refused | None] = []
    for new, member in zip(incoming, member_ids, strict=True):
        clash = next((code for code in new.services if (member, code) in taken), None)
        refusals.append(AlreadyApplied(service=clash, ref=taken[member, clash]) if clash else None)
        if clash is None:
            taken |= {(member, code): "" for code in new.services}
    return refusals


_Going = tuple[Incoming, int, str]


def _insert(going: Sequence[_Going], actor: Actor) -> dict[uuid.UUID, int]:
    if not going:
        return {}
    table = [
        (
            new.public_id,
            ref,
            new.form.code,
            new.channel,
            new.account_id,
            member,
            new.counter,
            ",".join(new.services),
            seal(FORM_LABEL, json.dumps(new.answers, ensure_ascii=False), row=new.public_id),
            new.submitted_at,
        )
        for new, member, ref in going
    ]
    found = rows(
        statement(__file__, "insert_applications"),
        [actor.id, current_pack().hash, *map(list, zip(*table, strict=True))],
    )
    return {one.public_id: one.id for one in found}


def _take_over_drafts(going: Sequence[_Going]) -> None:
    for new, member, ref in going:
        execute(
            """
            UPDATE applications_application
            SET state = 'checking', ref = %s, member_id = %s, counter = %s, submitted_at = %s,
                pack_hash = %s,
                version = version + 1
            WHERE id = %s AND state = 'draft'
            """,
            [ref, member, new.counter, new.submitted_at, current_pack().hash, new.id],
        )


def _insert_parts(going: Sequence[_Going], ids: dict[uuid.UUID, int]) -> None:
    table = []
    for new, member, _ in going:
        for code in new.services:
            service = new.form.services[code]
            table.append(
                (
                    ids[new.public_id],
                    member,
                    code,
                    service.entitlement,
                    service.agency,
                    service.card_kind,
                    service.own_card,
                    service.decide_within_days,
                    _medium(service.card_kind, new.answers),
                )
            )
    if table:
        columns = map(list, zip(*table, strict=True))
        execute(statement(__file__, "insert_parts"), [states.WAITING_CHECKS, *columns])


def _medium(card_kind: str | None, answers: Mapping[str, Any]) -> str | None:
    """Return the medium that was chosen, when the kind of card exists on it."""
    kind = current_pack().table("cards")["kinds"].get(card_kind)
    chosen = answers.get("medium")
    return str(chosen) if kind and chosen in kind["media"] else None


def _event(application_id: int, new: Incoming, member: int, ref: str) -> ApplicationSubmitted:
    return ApplicationSubmitted(
        application_id=application_id, ref=ref, member_id=member, channel=new.channel
    )


def _submitted(application_id: int, new: Incoming, ref: str) -> Submitted:
    codes = tuple(dict.fromkeys(new.form.services[code].entitlement for code in new.services))
    facts = entitlements.facts_needed(entitlements=codes)
    statuses = current_pack().table("statuses")["statuses"]
    return Submitted(
        application_id=application_id,
        public_id=str(new.public_id),
        ref=ref,
        answers=new.answers,
        services=new.services,
        entitlements=codes,
        registers=registers_to_ask(new.form, new.services, facts, statuses),
        purpose=new.form.purpose,
        account_id=new.account_id,
        counter=new.counter,
    )


def local_day(now: dt.datetime) -> dt.date:
    """Return the city's day of an instant."""
    return current_pack().time.day(now)
