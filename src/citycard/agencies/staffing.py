"""Staff: who works where, and in which roles."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from citycard.agencies.directory import agency as agency_of_code
from citycard.agencies.directory import counter as counter_of_code
from citycard.agencies.events import StaffChanged
from citycard.infra.database import row, rows, scalar
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

_NOT_FOR_STAFF = frozenset({"resident", "system", "device"})


class UsernameTaken(Refused):
    """The user name “{username}” is in use."""

    code = "agencies.username_taken"


class UnknownRole(Refused):
    """The city has no role {roles} for staff."""

    code = "agencies.unknown_role"


class CounterOfAnotherAgency(Refused):
    """The counter “{counter}” belongs to another agency than “{agency}”."""

    code = "agencies.counter_of_another_agency"


class NoSuchStaff(Refused):
    """There is no such member of staff."""

    code = "agencies.no_such_staff"


class NotOneself(Refused):
    """Nobody changes their own roles, service or sign-in; another operator does."""

    code = "agencies.not_oneself"


@dataclass(frozen=True, kw_only=True)
class Staff:
    """A member of staff.

    :ivar roles: codes of the pack's table ``purposes``
    :ivar counter: where they sit, or None
    """

    staff_id: int
    username: str
    display_name: str
    agency: str
    counter: str | None
    roles: frozenset[str]
    active: bool


def add_staff(
    *,
    username: str,
    display_name: str,
    agency: str,
    counter: str | None,
    roles: Collection[str],
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Add somebody to an agency's staff and return their id. Announces ``agencies.staff.changed``.

    :raises NoSuchAgency, NoSuchCounter, CounterOfAnotherAgency: where they would work does not
        exist
    :raises UnknownRole: the pack has no such role for staff
    :raises UsernameTaken: somebody has this user name, in whatever case
    """
    require_unit_of_work()
    _check_roles(roles)
    agency_of_code(code=agency)
    if counter is not None and counter_of_code(code=counter).agency != agency:
        raise CounterOfAnotherAgency(counter=counter, agency=agency)
    staff_id = scalar(
        "INSERT INTO agencies_staff (username, display_name, agency, counter, roles, active,"
        " created_at)"
        " VALUES (%s, %s, %s, %s, %s::text[], true, %s) ON CONFLICT DO NOTHING RETURNING id",
        [username.strip().lower(), display_name, agency, counter, sorted(roles), now],
    )
    if staff_id is None:
        raise UsernameTaken(username=username)
    announce(StaffChanged(staff_id=staff_id))
    return int(staff_id)


def change_staff(
    *,
    staff_id: int,
    actor: Actor,
    now: dt.datetime,
    roles: Collection[str] | None = None,
    active: bool | None = None,
) -> None:
    """Change what somebody may do, or end their service. Announces ``agencies.staff.changed``.

    :raises NotOneself: they would change their own
    :raises UnknownRole: the pack has no such role for staff
    :raises NoSuchStaff: there is nobody with this id
    """
    require_unit_of_work()
    if actor.id == f"staff:{staff_id}":
        raise NotOneself()
    if roles is not None:
        _check_roles(roles)
    changed = rows(
        "UPDATE agencies_staff SET roles = coalesce(%s::text[], roles), active = coalesce(%s,"
        " active)"
        " WHERE id = %s RETURNING id",
        [None if roles is None else sorted(roles), active, staff_id],
    )
    if not changed:
        raise NoSuchStaff()
    announce(StaffChanged(staff_id=staff_id))


_STAFF = """
SELECT id AS staff_id, username, display_name, agency, counter, roles, active FROM agencies_staff
"""


def staff(*, staff_id: int) -> Staff:
    """Return a member of staff, active or not.

    :raises NoSuchStaff: there is nobody with this id
    """
    found = row(_STAFF + " WHERE id = %s", [staff_id])
    if found is None:
        raise NoSuchStaff()
    return _staff(found)


def staff_by_username(*, username: str) -> Staff | None:
    """Return the member of staff with a user name, or None."""
    found = row(_STAFF + " WHERE username = %s", [username.strip().lower()])
    return _staff(found) if found else None


def staff_of(*, agency: str | None = None) -> list[Staff]:
    """Return the staff (of one agency), by user name."""
    sql = _STAFF + " WHERE %s::text IS NULL OR agency = %s ORDER BY username"
    return [_staff(one) for one in rows(sql, [agency, agency])]


def _check_roles(roles: Collection[str]) -> None:
    known = set(current_pack().table("purposes")["roles"]) - _NOT_FOR_STAFF
    unknown = set(roles) - known
    if unknown or not roles:
        raise UnknownRole(roles=", ".join(sorted(unknown)) or "-")


def _staff(one: Any) -> Staff:
    return Staff(**{**one._asdict(), "roles": frozenset(one.roles)})
