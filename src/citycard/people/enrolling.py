"""Enrolling people: each is found by ID number, or becomes a member."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.crypto import seal
from citycard.infra.database import rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.taiwan import national_id
from citycard.people import sealed
from citycard.people.events import MemberEnrolled, in_parts
from citycard.people.naming import bigrams

CHUNK = 5000


@dataclass(frozen=True, kw_only=True)
class NewMember:
    """A person to enrol.

    :ivar sex: ``f`` or ``m``
    :ivar id_number: of any kind that ``kernel.taiwan.national_id`` reads
    :ivar passport: read ``id_number`` as a foreign passport's
    :ivar district: the pack's district code, or free text outside the city
    :ivar source: where we learn of the person: ``application``, ``counter``, ``import`` …
    """

    name: str
    birth_on: dt.date
    sex: str
    id_number: str
    passport: bool = False
    district: str = ""
    village: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    source: str = "application"


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """What became of one person.

    :ivar created: False when the number was a member's already; that member's data is left as it is
    """

    member_id: int | None
    created: bool
    refusal: Refused | None = None


class NumberNoLongerValid(Refused):
    """This ID number was replaced by a new one; please use the new number."""

    code = "people.number_no_longer_valid"


class MemberIncomplete(Refused):
    """A person needs a name, a sex and a birth date not in the future; wrong: {field}."""

    code = "people.member_incomplete"


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    place: int
    person: NewMember
    number: national_id.IdNumber
    blind: bytes


def enrol_many(*, people: Sequence[NewMember], actor: Actor, now: dt.datetime) -> list[Enrolled]:
    """Find each person by ID number or make them a member; one result a row, in order.

    A member who exists keeps their data: what an unverified source says overwrites nothing.
    Two that enrol one number in the same second meet in the database and get one member.
    Announces ``people.member.enrolled``.

    :raises UnitOfWorkMisused: no unit of work is open
    """
    require_unit_of_work()
    results: list[Enrolled] = []
    for start in range(0, len(people), CHUNK):
        results += _enrol_chunk(people[start : start + CHUNK], now)
    created = [one.member_id for one in results if one.created and one.member_id is not None]
    announce(*(MemberEnrolled(member_ids=ids) for ids in in_parts(created)))
    return results


def _enrol_chunk(people: Sequence[NewMember], now: dt.datetime) -> list[Enrolled]:
    results: list[Enrolled | None] = [None] * len(people)
    candidates: list[_Candidate] = []
    for place, person in enumerate(people):
        try:
            candidates.append(_candidate(place, person, now))
        except Refused as refusal:
            results[place] = Enrolled(member_id=None, created=False, refusal=refusal)
    holders, dead = holders_of([one.blind for one in candidates])
    fresh = {
        one.blind: one
        for one in reversed(candidates)
        if one.blind not in holders and one.blind not in dead
    }
    created = _insert(sorted(fresh.values(), key=lambda one: one.blind), now)
    lost_race = [one.blind for one in candidates if one.blind in fresh and one.blind not in created]
    holders |= created | (holders_of(lost_race)[0] if lost_race else {})
    for one in candidates:
        results[one.place] = _result(one, holders, created, fresh)
    return [result for result in results if result is not None]


def _result(
    one: _Candidate,
    holders: dict[bytes, int],
    created: dict[bytes, int],
    fresh: dict[bytes, _Candidate],
) -> Enrolled:
    member_id = holders.get(one.blind)
    if member_id is None:
        return Enrolled(member_id=None, created=False, refusal=NumberNoLongerValid())
    first = one.blind in created and fresh[one.blind].place == one.place
    return Enrolled(member_id=member_id, created=first)


def _candidate(place: int, person: NewMember, now: dt.datetime) -> _Candidate:
    number = national_id.parse(person.id_number, passport=person.passport)
    checks = {
        "name": bool(person.name.strip()),
        "sex": person.sex in ("f", "m"),
        # a day of slack: the city may be a day ahead of UTC
        "birth_on": person.birth_on <= now.date() + dt.timedelta(days=1),
    }
    wrong = [field for field, right in checks.items() if not right]
    if wrong:
        raise MemberIncomplete(field=", ".join(wrong))
    return _Candidate(place=place, person=person, number=number, blind=sealed.blind_number(number))


def holders_of(blinds: Sequence[bytes]) -> tuple[dict[bytes, int], set[bytes]]:
    """Return who holds which number, and which numbers are dead: replaced, and nobody's now."""
    found = rows(
        "SELECT blind, member_id, replaced_at IS NULL AS in_force FROM people_member_number"
        " WHERE blind = ANY(%s::bytea[])",
        [list(blinds)],
    )
    holders = {bytes(one.blind): one.member_id for one in found if one.in_force}
    return holders, {bytes(one.blind) for one in found} - set(holders)


_INSERT_NUMBERS = """
INSERT INTO people_member_number (id, member_id, id_kind, sealed, blind, valid_from_at)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bytea[], %s::bytea[],
%s::timestamptz[])
ON CONFLICT (blind) WHERE replaced_at IS NULL DO NOTHING
RETURNING blind, member_id
"""

_INSERT_MEMBERS = """
INSERT INTO people_member (id, public_id, name, birth_on, sex, district, village, name_bigrams,
    phone_sealed, phone_blind, email_sealed, email_blind, address_sealed, source, verified_by,
    created_at)
SELECT p.id, gen_random_uuid(), p.name, p.birth_on, p.sex, p.district, p.village,
    string_to_array(p.bigrams, ' '), p.phone, p.phone_blind, p.email, p.email_blind, p.address,
    p.source, '', %s
FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::bytea[], %s::text[])
  AS p(id, name, birth_on, sex, district, village, bigrams,
       phone, phone_blind, email, email_blind, address, source)
"""


def _insert(fresh: Sequence[_Candidate], now: dt.datetime) -> dict[bytes, int]:
    """Insert numbers first (in order of their index, so that two batches never deadlock), then
    members.
    """
    if not fresh:
        return {}
    ids = rows(
        "SELECT nextval(pg_get_serial_sequence('people_member', 'id')) AS member,"
        " nextval(pg_get_serial_sequence('people_member_number', 'id')) AS number"
        " FROM generate_series(1, %s)",
        [len(fresh)],
    )
    # ids follow the order in which people came, whatever the key makes of their numbers
    as_they_came = sorted(fresh, key=lambda one: one.place)
    ids_of = {one.place: new for one, new in zip(as_they_came, ids, strict=True)}
    pairs = [(one, ids_of[one.place]) for one in fresh]
    numbers = [
        (
            new.number,
            new.member,
            one.number.kind,
            seal(sealed.NUMBER, one.number.text, row=new.number),
            one.blind,
            now,
        )
        for one, new in pairs
    ]
    taken = rows(_INSERT_NUMBERS, _columns(numbers))
    created = {bytes(one.blind): one.member_id for one in taken}
    members = [_member_row(new.member, one.person) for one, new in pairs if one.blind in created]
    if members:
        rows(_INSERT_MEMBERS + " RETURNING id", [now, *_columns(members)])
    return created


def _member_row(member_id: int, person: NewMember) -> tuple[Any, ...]:
    return (
        member_id,
        person.name.strip(),
        person.birth_on,
        person.sex,
        person.district.strip(),
        person.village.strip(),
        " ".join(bigrams(person.name)),
        sealed.seal_or_none(sealed.PHONE, person.phone, row=member_id),
        sealed.blind_phone(person.phone),
        sealed.seal_or_none(sealed.EMAIL, person.email, row=member_id),
        sealed.blind_email(person.email),
        sealed.seal_or_none(sealed.ADDRESS, person.address, row=member_id),
        person.source,
    )


def _columns(table: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*table, strict=True)]
