"""Staff sign in by user name, password and a one-time code; too many wrong tries lock the
account.
"""

import datetime as dt
import functools
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from citycard.agencies import api as agencies
from citycard.identity import totp as one_time
from citycard.identity.accounts import Account, account, account_of_staff
from citycard.identity.events import AccountLocked, SignedIn, StaffSignInRenewed
from citycard.identity.sessions import end_sessions_of
from citycard.infra.crypto import seal, unseal
from citycard.infra.database import execute, row, scalar
from citycard.infra.journal import announce
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import forbid_unit_of_work, require_unit_of_work, unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused

TOTP = "identity.account.totp"
STAFF_LEVEL = 2
SHORTEST_PASSWORD = 12
_EASY_TO_READ = "abcdefghjkmnpqrstuvwxyz23456789"

_TRIES = 5
_LOCKED_FOR = dt.timedelta(minutes=15)
_hasher = PasswordHasher()


class SignInFailed(Refused):
    """User name, password or one-time code is not right."""

    code = "identity.sign_in_failed"


class AccountIsLocked(Refused):
    """After too many wrong tries this account is locked until {until}."""

    code = "identity.account_is_locked"


class PasswordTooShort(Refused):
    """A password has at least {least} characters."""

    code = "identity.password_too_short"


@dataclass(frozen=True, kw_only=True)
class StaffSecrets:
    """A new staff account and the secret for their authenticator app, shown this once.

    :ivar password: the one that was made for them; empty where they chose it
    """

    account_id: int
    password: str
    totp_secret: str
    totp_address: str

    def __repr__(self) -> str:
        return f"StaffSecrets(account_id={self.account_id})"


def open_staff_account(
    *,
    staff_id: int,
    actor: Actor,
    now: dt.datetime,
    password: str | None = None,
    totp_secret: str | None = None,
) -> StaffSecrets:
    """Open (or renew) the account of a member of staff; old password, codes, locks and sessions
    end. Announces ``identity.account.renewed``.

    :param password: None: a new random one
    :param totp_secret: base 32; None: a new random one
    :raises PasswordTooShort: under twelve characters
    :raises NoSuchStaff: there is nobody with this id
    """
    require_unit_of_work()
    made = "" if password else _new_password()
    chosen = password or made
    if len(chosen) < SHORTEST_PASSWORD:
        raise PasswordTooShort(least=SHORTEST_PASSWORD)
    who = agencies.staff(staff_id=staff_id)
    secret = totp_secret or one_time.new_secret()
    number = scalar(
        """
        INSERT INTO identity_account AS a (public_id, kind, staff_id, level, password_hash,
            totp_last_step, failed_count, created_at)
        VALUES (%s, 'staff', %s, %s, %s, 0, 0, %s)
        ON CONFLICT (staff_id) DO UPDATE SET password_hash = excluded.password_hash,
            totp_last_step = 0, failed_count = 0, locked_until = NULL
        RETURNING id
        """,
        [uuid.uuid4(), staff_id, STAFF_LEVEL, _hasher.hash(chosen), now],
    )
    end_sessions_of(account_id=number)
    execute(
        "UPDATE identity_account SET totp_sealed = %s WHERE id = %s",
        [seal(TOTP, secret, row=number), number],
    )
    announce(StaffSignInRenewed(account_id=number, staff_id=staff_id, by=actor.id))
    issuer = current_pack().programme.in_("zh-Hant")
    address = one_time.address(secret, issuer=issuer, account=who.username)
    return StaffSecrets(account_id=number, password=made, totp_secret=secret, totp_address=address)


def _new_password() -> str:
    """Return a random password that can be read out: about 79 bits."""
    return "-".join("".join(secrets.choice(_EASY_TO_READ) for _ in range(4)) for _ in range(4))


def sign_in_staff(*, username: str, password: str, totp: str, now: dt.datetime) -> Account:
    """Sign a member of staff in. Opens its own unit of work, so that a wrong try stays counted.

    :param totp: the six digits that their app shows; each counts once
    :raises SignInFailed: one of the three is wrong; which one is not said
    :raises AccountIsLocked: five wrong tries; for fifteen minutes nothing is even looked at
    """
    forbid_unit_of_work("a wrong try must stay counted whatever the caller does next")
    who = agencies.staff_by_username(username=username)
    known = account_of_staff(staff_id=who.staff_id) if who is not None and who.active else None
    if known is None:
        _password_holds(_nobodys_hash(), password)  # as slow as for somebody
        raise SignInFailed()
    with unit_of_work():
        refusal = _try(known.account_id, password, totp, now)
    if refusal is not None:
        raise refusal
    return account(account_id=known.account_id)


def _try(account_id: int, password: str, totp: str, now: dt.datetime) -> Refused | None:
    stored = row(
        "SELECT id, password_hash, totp_sealed, totp_last_step, failed_count, locked_until"
        " FROM identity_account WHERE id = %s FOR UPDATE",
        [account_id],
    )
    assert stored is not None, "accounts are never deleted"
    if stored.locked_until is not None and stored.locked_until > now:
        return AccountIsLocked(until=stored.locked_until)
    step = _step(stored, totp, now)
    if not _password_holds(stored.password_hash, password) or step is None:
        return _count_failure(stored, now)
    execute(
        "UPDATE identity_account SET failed_count = 0, locked_until = NULL, totp_last_step = %s"
        " WHERE id = %s",
        [step, account_id],
    )
    announce(SignedIn(account_id=account_id, way="password"))
    return None


def _step(stored: Any, totp: str, now: dt.datetime) -> int | None:
    if stored.totp_sealed is None:
        return None
    secret = unseal(TOTP, stored.totp_sealed, row=stored.id)
    return one_time.step_of(secret, totp, now, stored.totp_last_step)


def _count_failure(stored: Any, now: dt.datetime) -> Refused:
    failed = stored.failed_count + 1
    locked_until = now + _LOCKED_FOR if failed >= _TRIES else None
    execute(
        "UPDATE identity_account SET failed_count = %s, locked_until = %s WHERE id = %s",
        [0 if locked_until else failed, locked_until, stored.id],
    )
    if locked_until is None:
        return SignInFailed()
    announce(AccountLocked(account_id=stored.id))
    return AccountIsLocked(until=locked_until)


def _password_holds(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@functools.cache
def _nobodys_hash() -> str:
    return _hasher.hash(uuid.uuid4().hex)
