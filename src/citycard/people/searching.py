"""Finding a person at a counter: by part of the name, ID number or telephone."""

import contextlib
import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import rows
from citycard.kernel.actors import Actor
from citycard.kernel.taiwan import national_id
from citycard.kernel.taiwan.text import fold
from citycard.people import sealed
from citycard.people.naming import contains, wanted_bigrams
from citycard.people.opening import open_access
from citycard.people.profiles import profiles
from citycard.people.purposes import purpose_of

_SHOWN = frozenset({"name", "birth_on", "sex", "district", "id_masked"})
_PHONE = re.compile(r"\+?[\d\s()-]{6,}")


@dataclass(frozen=True, kw_only=True)
class Match:
    """A member that a search found; what the purpose does not cover is None."""

    member_id: int
    name: str | None
    birth_on: dt.date | None
    sex: str | None
    district: str | None
    id_masked: str | None


def search(
    *, text: str, purpose: str, actor: Actor, now: dt.datetime, limit: int = 20
) -> list[Match]:
    """Find members by part of the name, ID number or telephone; best matches first.

    Opens its own access, which names everybody shown; a search that finds nobody is recorded, too.

    :raises PurposeNotAllowed: the actor may not search for this purpose
    """
    fields = _SHOWN & purpose_of(purpose, actor).fields
    found = _find(text.strip(), limit)
    access = open_access(subject=found, fields=fields, purpose=purpose, actor=actor, now=now)
    shown = profiles(access=access, member_ids=found)
    return [
        Match(
            member_id=number,
            name=shown[number].name,
            birth_on=shown[number].birth_on,
            sex=shown[number].sex,
            district=shown[number].district,
            id_masked=shown[number].id_masked,
        )
        for number in found
    ]


def _find(text: str, limit: int) -> list[int]:
    if not text:
        return []
    numbers, phone = _as_numbers(text), _as_phone(text)
    if numbers or phone:
        found = _ids(_BY_NUMBER, [numbers, phone, limit])
        if found:
            return found
    return _by_name(text, limit)


def _as_numbers(text: str) -> list[bytes]:
    """Return the blind indexes of a text that may be an ID number or a passport's."""
    blinds = []
    for passport in (False, True):
        with contextlib.suppress(national_id.BadIdNumber):
            blinds.append(sealed.blind_number(national_id.parse(text, passport=passport)))
    return blinds


def _as_phone(text: str) -> bytes | None:
    return sealed.blind_phone(text) if _PHONE.fullmatch(text) else None


_BY_NUMBER = """
SELECT member_id AS id FROM people_member_number WHERE blind = ANY(%s::bytea[]) AND replaced_at IS
NULL
UNION
SELECT id FROM people_member WHERE phone_blind = %s
ORDER BY id LIMIT %s
"""

_BY_NAME = """
SELECT id, name FROM people_member WHERE name_bigrams @> %s::text[]
ORDER BY length(name), name, birth_on, id LIMIT %s
"""


def _by_name(text: str, limit: int) -> list[int]:
    """Find by pairs of characters, then keep those that hold the whole part; whole names come
    first.
    """
    found: Sequence[Any] = rows(_BY_NAME, [wanted_bigrams(text), limit * 3])
    meant = [one for one in found if contains(one.name, text)]
    meant.sort(key=lambda one: fold(one.name) != fold(text))
    return [one.id for one in meant[:limit]]


def _ids(sql: str, params: list[Any]) -> list[int]:
    return [one.id for one in rows(sql, params)]
