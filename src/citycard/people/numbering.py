"""A new ID number for a member: all that is theirs follows, the old number is dead."""

import datetime as dt

from citycard.infra.crypto import seal
from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.taiwan import national_id
from citycard.people import sealed
from citycard.people.enrolling import holders_of
from citycard.people.events import NumberReplaced
from citycard.people.recording import NoSuchMember


class NumberTaken(Refused):
    """This ID number is another member's."""

    code = "people.number_taken"


def replace_number(
    *,
    member_id: int,
    new_number: str,
    actor: Actor,
    now: dt.datetime,
    passport: bool = False,
    why: str = "",
) -> None:
    """Give a member a new ID number; the same number again changes nothing.

    Source: residents' certificates renumbered since 2021-01-02; court, 2026-01: new numbers after
    a leak.
    Announces ``people.number.replaced``.

    :param why: a code, such as ``renumbered``; kept beside the old number
    :raises BadIdNumber: the number is not valid
    :raises NumberTaken: it is, or was, another member's
    :raises NoSuchMember: there is no such member
    """
    require_unit_of_work()
    number = national_id.parse(new_number, passport=passport)
    blind = sealed.blind_number(number)
    if row("SELECT id FROM people_member WHERE id = %s FOR NO KEY UPDATE", [member_id]) is None:
        raise NoSuchMember(member_id=member_id)
    held = rows("SELECT member_id, replaced_at FROM people_member_number WHERE blind = %s", [blind])
    if any(one.member_id != member_id for one in held):
        raise NumberTaken()
    if any(one.replaced_at is None for one in held):
        return
    execute(
        "UPDATE people_member_number SET replaced_at = %s, replaced_why = %s, replaced_by = %s"
        " WHERE member_id = %s AND replaced_at IS NULL",
        [now, why, actor.id, member_id],
    )
    _insert(member_id, number, blind, now)
    announce(NumberReplaced(member_ids=(member_id,)))


def _insert(member_id: int, number: national_id.IdNumber, blind: bytes, now: dt.datetime) -> None:
    row_id = scalar("SELECT nextval(pg_get_serial_sequence('people_member_number', 'id'))")
    inserted = execute(
        "INSERT INTO people_member_number (id, member_id, id_kind, sealed, blind, valid_from_at)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (blind) WHERE replaced_at IS NULL DO NOTHING",
        [row_id, member_id, number.kind, seal(sealed.NUMBER, number.text, row=row_id), blind, now],
    )
    if not inserted:
        raise NumberTaken()


def member_ids_by_number(*, id_numbers: list[str]) -> list[int | None]:
    """Return the member of each ID number, None where there is none; for flows and imports, not
    for pages.

    A number that was replaced, or that is not valid, is nobody's.
    """
    blinds = [_blind_or_none(text) for text in id_numbers]
    holders, _ = holders_of([blind for blind in blinds if blind is not None])
    return [None if blind is None else holders.get(blind) for blind in blinds]


def _blind_or_none(text: str) -> bytes | None:
    try:
        return sealed.blind_number(national_id.parse(text))
    except national_id.BadIdNumber:
        return _blind_passport(text)


def _blind_passport(text: str) -> bytes | None:
    try:
        return sealed.blind_number(national_id.parse(text, passport=True))
    except national_id.BadIdNumber:
        return None
