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


def add(
    *,
    username: str,
    display_name: str,
    agency: str,
    counter: str | None,
    roles: Collection[str],
    actor: Actor,
    now: dt.datetime,
    password: str | None = None,
) -> identity.StaffSecrets:
    """Add somebody to an agency's staff, with what they sign in by; it is told this once.

    :param password: what they chose; None: a new random one
    :raises NoSuchAgency, NoSuchCounter, CounterOfAnotherAgency: where they would work does not
        exist
    :raises UnknownRole: the pack has no such role for staff
    :raises UsernameTaken: somebody has this user name, in whatever case
    :raises PasswordTooShort: under twelve characters
    """
    with unit_of_work():
        staff_id = agencies.add_staff(
            username=username,
            display_name=display_name,
            agency=agency,
            counter=counter,
            roles=roles,
            actor=actor,
            now=now,
        )
        return identity.open_staff_account(
            staff_id=staff_id, password=password, actor=actor, now=now
        )


def renew(
    *, staff_id: int, actor: Actor, now: dt.datetime, password: str | None = None
) -> identity.StaffSecrets:
    """Give somebody a new password and a new secret for their codes: a phone was lost, a password
    forgotten. What they had before, and wherever they are signed in, ends.

    :param password: what they chose; None: a new random one
    :raises NotOneself: they would renew their own: who sits at another's computer could, too
    :raises PasswordTooShort: under twelve characters
    :raises NoSuchStaff: there is nobody with this id
    """
    if actor.id == f"staff:{staff_id}":
        raise agencies.NotOneself()
    with unit_of_work():
        return identity.open_staff_account(
            staff_id=staff_id, password=password, actor=actor, now=now
        )


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
