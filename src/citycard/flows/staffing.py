"""Who serves the city, and where they are signed in: one story over staff and their accounts."""

import datetime as dt
from collections.abc import Collection

from citycard.agencies import api as agencies
from citycard.identity import api as identity
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import Actor


def change(
    *, staff_id: int, roles: Collection[str], active: bool, actor: Actor, now: dt.datetime
) -> None:
    """Set what somebody may do, or end their service; with it every session of theirs ends.

    :raises NotOneself: they would change their own
    :raises UnknownRole: none is left, or the pack has no such role for staff
    :raises NoSuchStaff: there is nobody with this id
    """
    with unit_of_work():
        agencies.change_staff(staff_id=staff_id, roles=roles, active=active, actor=actor, now=now)
        if not active:
            _end_sessions(staff_id)


def sign_out(*, staff_id: int, actor: Actor, now: dt.datetime) -> int:
    """Sign somebody out wherever they are signed in; returns from how many sessions.

    :raises NoSuchStaff: there is nobody with this id
    """
    with unit_of_work():
        agencies.staff(staff_id=staff_id)
        return _end_sessions(staff_id)


def _end_sessions(staff_id: int) -> int:
    account = identity.account_of_staff(staff_id=staff_id)
    return 0 if account is None else identity.end_sessions_of(account_id=account.account_id)
