"""Who a member is, as far as an access reaches."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import rows
from citycard.kernel.access import Access
from citycard.kernel.taiwan import national_id
from citycard.people import sealed
from citycard.people.recording import NoSuchMember

_PLAIN = ("name", "birth_on", "sex", "district", "village")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A member; what the access does not cover is None.

    :ivar id_masked: ``A12****789``
    :ivar public_id: random; the id that a URL may show
    """

    member_id: int
    public_id: str
    name: str | None = None
    birth_on: dt.date | None = None
    sex: str | None = None
    district: str | None = None
    village: str | None = None
    id_number: str | None = None
    id_masked: str | None = None
    id_kind: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    verified_at: dt.datetime | None = None
    died_on: dt.date | None = None


_SELECT = """
SELECT m.id, m.public_id::text AS public_id, m.name, m.birth_on, m.sex, m.district, m.village,
m.verified_at,
    m.died_on, m.phone_sealed, m.email_sealed, m.address_sealed,
    n.id AS number_id, n.id_kind, n.sealed AS number_sealed
FROM people_member m LEFT JOIN people_member_number n ON n.member_id = m.id AND n.replaced_at IS
NULL
WHERE m.id = ANY(%s::bigint[])
"""


def profile(*, access: Access, member_id: int) -> Profile:
    """Return a member as far as the access reaches.

    :raises NoSuchMember: there is none with this id
    """
    found = profiles(access=access, member_ids=[member_id])
    if member_id not in found:
        raise NoSuchMember(member_id=member_id)
    return found[member_id]


def profiles(*, access: Access, member_ids: Sequence[int]) -> dict[int, Profile]:
    """Return members, by id, as far as the access reaches; unknown ids are missing."""
    access.require(members=member_ids)
    return {one.id: _profile(one, access.fields) for one in rows(_SELECT, [list(member_ids)])}


def _profile(one: Any, fields: frozenset[str]) -> Profile:
    shown = {field: getattr(one, field) for field in _PLAIN if field in fields}
    for field, label in (
        ("phone", sealed.PHONE),
        ("email", sealed.EMAIL),
        ("address", sealed.ADDRESS),
    ):
        if field in fields:
            shown[field] = sealed.unseal_or_empty(
                label, getattr(one, f"{field}_sealed"), row=one.id
            )
    if fields & {"id_number", "id_masked"} and one.number_sealed is not None:
        shown |= _number(one, fields)
    if "birth_on" in fields:
        shown["died_on"] = one.died_on
    return Profile(member_id=one.id, public_id=one.public_id, verified_at=one.verified_at, **shown)


def _number(one: Any, fields: frozenset[str]) -> dict[str, str]:
    text = sealed.unseal_or_empty(sealed.NUMBER, one.number_sealed, row=one.number_id)
    number = national_id.IdNumber(text=text, kind=one.id_kind, sex=None)
    full = {"id_number": text} if "id_number" in fields else {}
    return {**full, "id_masked": number.masked, "id_kind": one.id_kind}
