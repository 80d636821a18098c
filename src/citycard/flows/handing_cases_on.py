"""Sending approved parts of applications to agencies' own systems (資料交換格式).

Which agency gets which fields of which service, and for what purpose, is pack data: ``sent_to`` of
a form's service. An agency that doesn't stand there is sent nothing. Messages go the way of all
others (``telling_agencies``): at least once, in order, visibly. What one says is made when it goes
out, through the gate for personal data, and carries a key of the part and its decision, the same
however often and to however many of the agency's addresses it goes: applied once is up to that key.

Where the purpose stands on a consent, only who agrees is sent, at noting and again at sending.
Source: 台北卡整合服務 伍（資料交換）; Personal Data Protection Act, articles 15 and 16.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from citycard.agencies import api as agencies
from citycard.applications import api as applications
from citycard.cards import api as cards
from citycard.infra import crypto
from citycard.infra.journal import Announced
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people

KIND = "case.approved"
_A_BATCH = 500

_KEY = "applications.part.approved"
_NUMBER = "agency_number"
_ANSWERS = "application"


@dataclass(frozen=True, kw_only=True)
class _Sent:
    """What an agency is sent of a service's approved parts, as the pack says."""

    purpose: str
    fields: tuple[str, ...]
    answers: tuple[str, ...]


def concerned(events: Sequence[Announced], webhooks: Sequence[agencies.Webhook]) -> Iterator[Any]:
    """Say which subscriptions are to be sent which approved parts; ids alone."""
    parts = applications.approved_parts(part_ids={event.body["part_id"] for event in events})
    yield from _happenings(parts, webhooks)


def send_since(*, webhook_id: int, since: dt.date, now: dt.datetime) -> int:
    """Send a subscription everything approved since a day, once more or at last; returns how much.

    For a system that is connected late, or that lost what it had: the keys are the same.
    """
    hooks = agencies.webhooks_of_kinds(kinds=[KIND], sandboxes=settings.CITYCARD_DEMO)
    hook = next((one for one in hooks if one.webhook_id == webhook_id), None)
    if hook is None:
        return 0
    sent, after = 0, 0
    services, begins = services_sent_to(agency=hook.agency), current_pack().time.midnight(since)
    while parts := applications.approved_since(
        services=services, since=begins, after=after, limit=_A_BATCH
    ):
        noted = list(_happenings(parts, [hook]))
        with unit_of_work():
            agencies.note_happenings(happenings=noted, now=now)
        sent, after = sent + len(noted), parts[-1].part_id
    return sent


def services_sent_to(*, agency: str) -> list[tuple[str, str]]:
    """Return the services whose approved parts an agency's systems are sent: form and service."""
    return [
        (form, service)
        for form, table in current_pack().table("forms").items()
        for service, row in table["services"].items()
        if any(sent["agency"] == agency for sent in row.get("sent_to", ()))
    ]


def content(*, agency: str, part_id: int, now: dt.datetime) -> dict[str, Any] | None:
    """Return what an agency's system is told of an approved part; writes the access record.

    None: the pack sends the agency nothing of it any more, or the person took their consent back.
    """
    (part,) = applications.approved_parts(part_ids=[part_id])
    sent = _sent(part, agency)
    if sent is None or part.member_id not in _who_may_be_sent(sent.purpose, [part.member_id]):
        return None
    access = people.open_access(
        subject=part.member_id,
        fields=[*sent.fields, *([_ANSWERS] if sent.answers else [])],
        purpose=sent.purpose,
        actor=replace(SYSTEM, agency=agency),
        now=now,
    )
    return {
        "idempotency_key": key_of(agency=agency, part_id=part_id),
        "service": part.service,
        "entitlement": part.entitlement,
        "approved_at": part.approved_at.isoformat(),
        "person": _person(access, part.member_id, agency, sent.fields),
        "answers": dict(
            applications.answers_given(access=access, part_id=part_id, fields=sent.answers)
            if sent.answers
            else {}
        ),
    }


def key_of(*, agency: str, part_id: int) -> str:
    """Return the name under which an agency's system applies a part's approval once; two agencies'
    keys of one part share nothing."""
    return f"case_{crypto.keyed_hmac(_KEY, agency, part_id).hex()}"


def _person(
    access: Access, member_id: int, agency: str, fields: Sequence[str]
) -> Mapping[str, str | None]:
    who = people.profile(access=access, member_id=member_id)
    found = {field: _plain(getattr(who, field)) for field in fields if field != _NUMBER}
    if _NUMBER in fields:
        (number,) = cards.convert(access=access, agency=agency, member_ids=[member_id])
        found[_NUMBER] = number.number if number else None
    return found


def _plain(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, dt.date) else value or None


def _happenings(
    parts: Sequence[applications.ApprovedPart], webhooks: Sequence[agencies.Webhook]
) -> Iterator[agencies.Happening]:
    for webhook in webhooks:
        by_purpose: dict[str, list[int]] = {}
        purposes = {}
        for part in parts:
            sent = _sent(part, webhook.agency)
            if sent is not None:
                purposes[part.part_id] = sent.purpose
                by_purpose.setdefault(sent.purpose, []).append(part.member_id)
        may = {one: _who_may_be_sent(one, members) for one, members in by_purpose.items()}
        for part in parts:
            if part.member_id in may.get(purposes.get(part.part_id, ""), ()):
                yield agencies.Happening(
                    webhook_id=webhook.webhook_id,
                    kind=KIND,
                    at=part.approved_at,
                    about={"part_id": part.part_id},
                )


def _who_may_be_sent(purpose: str, member_ids: Sequence[int]) -> frozenset[int]:
    """Return all of them where a law says so, or those who agree where it is for them to say."""
    if current_pack().table("purposes")["purposes"][purpose]["ground"]["kind"] != "consent":
        return frozenset(member_ids)
    return frozenset(people.who_agreed(member_ids=sorted(set(member_ids)), purpose=purpose))


def _sent(part: applications.ApprovedPart, agency: str) -> _Sent | None:
    form = current_pack().table("forms").get(part.form, {"services": {}})
    for row in form["services"].get(part.service, {}).get("sent_to", ()):
        if row["agency"] == agency:
            return _Sent(
                purpose=str(row["purpose"]),
                fields=tuple(row["fields"]),
                answers=tuple(row.get("answers", ())),
            )
    return None
