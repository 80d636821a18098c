"""The one gate for personal data: an access is checked, written down and committed before data
leaves.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from citycard.infra.database import execute, scalar
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import forbid_unit_of_work, unit_of_work
from citycard.kernel.access import Access
from citycard.kernel.actors import Actor
from citycard.people import purposes
from citycard.people.guarding import NotTheirGuardian, children_of

SEALER_LOCK = 7_203_001
"""Held shared while a record is written and alone while an interval is sealed (see ``sealing``)."""


@dataclass(frozen=True, kw_only=True)
class Population:
    """Many people as one subject; one record stands for all of them and is shown to each.

    :ivar description: which people, in words that a resident reads
    :ivar member_ids: the people; None: everybody who is a member by then
    """

    description: str
    member_ids: Sequence[int] | None = None


def open_access(
    *,
    subject: int | Sequence[int] | Population,
    fields: Collection[str],
    purpose: str,
    actor: Actor,
    now: dt.datetime,
) -> Access:
    """Open personal data for a purpose, and write down who did, when, why and for which fields.

    The record commits in a short unit of work of its own, before any data leaves: call this before
    opening one. One's own data opens without a record, whatever the purpose.

    Source: Personal Data Protection Act, articles 5, 15 and 16.

    :param subject: a member id, several, or a Population
    :param fields: names from the pack's table ``purposes``
    :raises PurposeNotAllowed: the pack does not give this purpose to a role of the actor
    :raises FieldNotAllowed: the purpose does not cover a field
    :raises TooManyPeople: the purpose covers fewer people at a time
    :raises NotTheirGuardian: the purpose is a guardian's, and the actor guards somebody else
    """
    forbid_unit_of_work("an access record commits on its own, before data leaves")
    if isinstance(subject, int):
        subject = [subject]
    if not isinstance(subject, Population) and set(subject) == {actor.member_id}:
        return _access(frozenset(subject), fields, purpose, actor, None)
    allowed = purposes.purpose_of(purpose, actor)
    if isinstance(subject, Population):
        purposes.check(allowed, fields, None)
        record_id = _record(actor, purpose, fields, [], subject, now)
        members = None if subject.member_ids is None else frozenset(subject.member_ids)
    else:
        members = frozenset(subject)
        purposes.check(allowed, fields, len(members))
        if allowed.guardian_only:
            _check_guards(actor, members, now)
        record_id = _record(actor, purpose, fields, sorted(members), None, now)
    return _access(members, fields, purpose, actor, record_id)


def _check_guards(actor: Actor, members: frozenset[int], now: dt.datetime) -> None:
    on = current_pack().time.day(now)
    guarded = children_of(guardian_id=actor.member_id, on=on) if actor.member_id else []
    if not members <= {one.child_id for one in guarded}:
        raise NotTheirGuardian()


def _access(
    members: frozenset[int] | None,
    fields: Collection[str],
    purpose: str,
    actor: Actor,
    record_id: int | None,
) -> Access:
    return Access(
        subjects=members,
        fields=frozenset(fields),
        purpose=purpose,
        actor=actor,
        record_id=record_id,
    )


_NEXT_SEQ = """
INSERT INTO people_access_counter AS c (actor_id, last_seq) VALUES (%s, 1)
ON CONFLICT (actor_id) DO UPDATE SET last_seq = c.last_seq + 1 RETURNING last_seq
"""

_RECORD = """
INSERT INTO people_access_record (actor_id, actor_seq, actor_kind, roles, agency, counter, purpose,
fields,
    subjects, population, covered, opened_at)
SELECT %s, %s, %s, %s::text[], %s, %s, %s, %s::text[], %s::bigint[], %s,
    (SELECT range_agg(int8range(m, m, '[]')) FROM unnest(%s::bigint[]) AS m), %s
RETURNING id
"""


def _record(
    actor: Actor,
    purpose: str,
    fields: Collection[str],
    subjects: Sequence[int],
    population: Population | None,
    now: dt.datetime,
) -> int:
    """Write the record; the sequence follows the lock, so an id below a seal's bound never comes
    late.
    """
    with unit_of_work(harmless_again=True):
        execute("SELECT pg_advisory_xact_lock_shared(%s)", [SEALER_LOCK])
        seq = scalar(_NEXT_SEQ, [actor.id])
        record_id = scalar(
            _RECORD,
            [
                actor.id,
                seq,
                actor.kind,
                sorted(actor.roles),
                actor.agency or "",
                actor.counter or "",
                purpose,
                sorted(fields),
                list(subjects),
                population.description if population else "",
                list(population.member_ids)
                if population and population.member_ids is not None
                else None,
                now,
            ],
        )
    return int(record_id)
