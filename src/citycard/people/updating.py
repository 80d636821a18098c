"""Bringing members up to date: from a register's answer, and their own contact details."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import execute, rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.people import sealed
from citycard.people.events import FactsChanged, in_parts
from citycard.people.naming import bigrams
from citycard.people.recording import NewFact, NoSuchMember, record_facts

_COLUMNS = ("name", "birth_on", "sex", "district", "village", "died_on")
_READ_BY_RULES = ("birth_on", "sex", "died_on")
_AS_FACTS = ("registered_city", "registered_district", "resides_in_city")


@dataclass(frozen=True, kw_only=True)
class RegisterUpdate:
    """What a register says about a member; None leaves what we have.

    :ivar on: the day from which registration and residence hold
    :ivar basis_id: the register query's id, or the import's
    """

    member_id: int
    on: dt.date
    source: str
    basis_kind: str = "register_query"
    basis_id: str = ""
    name: str | None = None
    birth_on: dt.date | None = None
    sex: str | None = None
    district: str | None = None
    village: str | None = None
    died_on: dt.date | None = None
    registered_city: str | None = None
    registered_district: str | None = None
    resides_in_city: bool | None = None


def update_from_register(
    *, updates: Sequence[RegisterUpdate], actor: Actor, now: dt.datetime
) -> list[bool]:
    """Take over what a register says, mark the members verified, and tell whose data changed.

    What a member's own columns said before is kept with the instant at which we learned better;
    registration and residence are recorded as facts. Announces ``people.facts.changed`` for what
    rules read, the members' own columns included.

    :raises NoSuchMember: an update is about nobody; nothing is taken over
    """
    require_unit_of_work()
    before = _current([update.member_id for update in updates])
    changed = [_differs(before, update) for update in updates]
    concerned = {u.member_id for u in updates if _differs(before, u, _READ_BY_RULES)}
    _keep_old([u.member_id for u, new in zip(updates, changed, strict=True) if new], actor, now)
    for update, new in zip(updates, changed, strict=True):
        if new:
            _overwrite(before[update.member_id], update)
    announce(*(FactsChanged(member_ids=ids) for ids in in_parts(sorted(concerned))))
    facts = [fact for update in updates for fact in _facts(update)]
    recorded = iter(record_facts(facts=facts, actor=actor, now=now))
    for place, update in enumerate(updates):
        news = [next(recorded) for _ in _facts(update)]
        changed[place] = changed[place] or any(news)
    by_source: dict[str, list[int]] = {}
    for update in updates:
        by_source.setdefault(update.source, []).append(update.member_id)
    for source, member_ids in by_source.items():
        mark_verified(member_ids=member_ids, source=source, actor=actor, now=now)
    return changed


def mark_verified(
    *, member_ids: Sequence[int], source: str, actor: Actor, now: dt.datetime
) -> None:
    """Note that a register or a counter confirmed who these members are."""
    require_unit_of_work()
    execute(
        "UPDATE people_member SET verified_at = %s, verified_by = %s WHERE id = ANY(%s::bigint[])",
        [now, source, list(member_ids)],
    )


@dataclass(frozen=True, kw_only=True)
class Contact:
    """How to reach a member; None leaves what we have, an empty text takes it away."""

    phone: str | None = None
    email: str | None = None
    address: str | None = None


def change_contact(*, member_id: int, contact: Contact, actor: Actor, now: dt.datetime) -> None:
    """Store a member's own contact details, sealed.

    :raises NoSuchMember: there is no such member
    """
    require_unit_of_work()
    values: dict[str, bytes | None] = {}
    if contact.phone is not None:
        values["phone_sealed"] = sealed.seal_or_none(sealed.PHONE, contact.phone, row=member_id)
        values["phone_blind"] = sealed.blind_phone(contact.phone)
    if contact.email is not None:
        values["email_sealed"] = sealed.seal_or_none(sealed.EMAIL, contact.email, row=member_id)
        values["email_blind"] = sealed.blind_email(contact.email)
    if contact.address is not None:
        values["address_sealed"] = sealed.seal_or_none(
            sealed.ADDRESS, contact.address, row=member_id
        )
    if values and not _set(member_id, values):
        raise NoSuchMember(member_id=member_id)


def _set(member_id: int, values: dict[str, Any]) -> int:
    columns = ", ".join(f"{column} = %s" for column in values)
    sql = f"UPDATE people_member SET {columns} WHERE id = %s"  # noqa: S608 - our own column names
    return execute(sql, [*values.values(), member_id])


def _current(member_ids: Sequence[int]) -> dict[int, Any]:
    found = rows(
        "SELECT id, name, birth_on, sex, district, village, died_on FROM people_member"
        " WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [sorted(set(member_ids))],
    )
    current = {one.id: one for one in found}
    missing = set(member_ids) - set(current)
    if missing:
        raise NoSuchMember(member_id=min(missing))
    return current


def _differs(
    before: dict[int, Any], update: RegisterUpdate, columns: Sequence[str] = _COLUMNS
) -> bool:
    member = before[update.member_id]
    return any(getattr(update, c) not in (None, getattr(member, c)) for c in columns)


def _keep_old(member_ids: Sequence[int], actor: Actor, now: dt.datetime) -> None:
    execute(
        "INSERT INTO people_member_was"
        " (member_id, name, birth_on, sex, district, village, died_on, until_at, actor_id)"
        " SELECT id, name, birth_on, sex, district, village, died_on, %s, %s"
        " FROM people_member WHERE id = ANY(%s::bigint[])",
        [now, actor.id, list(member_ids)],
    )


def _overwrite(member: Any, update: RegisterUpdate) -> None:
    values = {c: getattr(update, c) for c in _COLUMNS if getattr(update, c) is not None}
    if "name" in values:
        values["name_bigrams"] = bigrams(values["name"])
    _set(member.id, values)


def _facts(update: RegisterUpdate) -> list[NewFact]:
    return [
        NewFact(
            member_id=update.member_id,
            name=name,
            value=getattr(update, name),
            valid_from=update.on,
            source=update.source,
            basis_kind=update.basis_kind,
            basis_id=update.basis_id,
        )
        for name in _AS_FACTS
        if getattr(update, name) is not None
    ]
