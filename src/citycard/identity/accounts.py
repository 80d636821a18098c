"""Accounts: whose they are, and how sure we are."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from citycard.agencies import api as agencies
from citycard.identity.events import MemberLinked
from citycard.infra.crypto import blind, seal, unseal
from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused
from citycard.kernel.taiwan.text import fold

EMAIL = "identity.account.email"

LEVEL_BY_EMAIL = 1
LEVEL_BY_REGISTER = 2
LEVEL_BY_CERTIFICATE = 3

Proof = Literal["register", "certificate", "counter", "persona"]


class NoSuchAccount(Refused):
    """There is no such account."""

    code = "identity.no_such_account"


class MemberHasAccount(Refused):
    """This person has another account already; sign in with that one, or come to a counter."""

    code = "identity.member_has_account"


class AccountIsAnothers(Refused):
    """This account belongs to another person."""

    code = "identity.account_is_anothers"


class ProofNeeded(Refused):
    """We know this person already: sign in by certificate or come to a counter to link."""

    code = "identity.proof_needed"


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account, without what is personal in it.

    :ivar level: the most that signing in to it can prove: 1 e-mail, 2 register, 3 certificate or
        counter
    """

    account_id: int
    public_id: str
    kind: str
    member_id: int | None
    staff_id: int | None
    level: int


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """A resident's account to open for a member, by an import or a demo city."""

    member_id: int
    level: int
    email: str = ""


_ACCOUNT = """
SELECT id AS account_id, public_id::text AS public_id, kind, member_id, staff_id, level
FROM identity_account
"""


def account(*, account_id: int) -> Account:
    """Return an account.

    :raises NoSuchAccount: there is none with this id
    """
    found = row(_ACCOUNT + " WHERE id = %s", [account_id])
    if found is None:
        raise NoSuchAccount()
    return Account(**found._asdict())


def account_of_member(*, member_id: int) -> Account | None:
    """Return a member's account, or None."""
    found = row(_ACCOUNT + " WHERE member_id = %s", [member_id])
    return Account(**found._asdict()) if found else None


def account_of_staff(*, staff_id: int) -> Account | None:
    """Return a member of staff's account, or None."""
    found = row(_ACCOUNT + " WHERE staff_id = %s", [staff_id])
    return Account(**found._asdict()) if found else None


def open_accounts(
    *, accounts: Sequence[NewAccount], actor: Actor, now: dt.datetime
) -> list[int | None]:
    """Open residents' accounts for members, set-based; None where the member or address has one
    already.
    """
    require_unit_of_work()
    ids = [one.id for one in rows(_NEXT_IDS, [len(accounts)])]
    opened = rows(
        """
        INSERT INTO identity_account (id, public_id, kind, member_id, email_sealed, email_blind,
        level,
            password_hash, totp_last_step, failed_count, created_at)
        SELECT a.id, gen_random_uuid(), 'resident', a.member_id, a.sealed, a.blind, a.level, '', 0,
        0, %s
        FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::bytea[], %s::smallint[])
          AS a(id, member_id, sealed, blind, level)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        [
            now,
            ids,
            [one.member_id for one in accounts],
            [
                seal(EMAIL, one.email, row=number) if one.email else None
                for number, one in zip(ids, accounts, strict=True)
            ],
            [blind_email(one.email) if one.email else None for one in accounts],
            [one.level for one in accounts],
        ],
    )
    kept = {one.id for one in opened}
    return [number if number in kept else None for number in ids]


_NEXT_IDS = """
SELECT nextval(pg_get_serial_sequence('identity_account', 'id')) AS id FROM generate_series(1, %s)
"""


def open_for_email(email: str, now: dt.datetime) -> Account:
    """Return the account of an address, opening one when there is none; its owner has just proved
    it.
    """
    require_unit_of_work()
    blinded = blind_email(email)
    number = scalar(
        "SELECT id FROM identity_account WHERE email_blind = %s FOR NO KEY UPDATE", [blinded]
    )
    if number is None:
        number = rows(_NEXT_IDS, [1])[0].id
        execute(
            "INSERT INTO identity_account (id, public_id, kind, email_sealed, email_blind, level,"
            " password_hash, totp_last_step, failed_count, created_at)"
            " VALUES (%s, %s, 'resident', %s, %s, %s, '', 0, 0, %s) ON CONFLICT DO NOTHING",
            [number, uuid.uuid4(), seal(EMAIL, email, row=number), blinded, LEVEL_BY_EMAIL, now],
        )
        number = scalar("SELECT id FROM identity_account WHERE email_blind = %s", [blinded])
    return account(account_id=number)


def link_member(
    *, account_id: int, member_id: int, level: int, proof: Proof, actor: Actor, now: dt.datetime
) -> None:
    """Say that an account is a member's, and how sure we are; the level only rises.

    An application alone links nobody: whoever types another person's number would open what the
    registers say about them.

    :param proof: ``certificate``, ``counter``, ``persona``: we know that it is they; ``register``:
        only raises an account that is linked already
    :raises ProofNeeded: ``register`` for an account that is not linked: a register confirms that a
        person exists, not that they hold this account
    :raises MemberHasAccount: the member has another account
    :raises AccountIsAnothers: the account is another member's, or a member of staff's
    """
    require_unit_of_work()
    found = row(
        "SELECT kind, member_id FROM identity_account WHERE id = %s FOR UPDATE", [account_id]
    )
    if found is None:
        raise NoSuchAccount()
    if found.kind != "resident" or found.member_id not in (None, member_id):
        raise AccountIsAnothers()
    if proof == "register" and found.member_id is None:
        raise ProofNeeded()
    holder = scalar("SELECT id FROM identity_account WHERE member_id = %s", [member_id])
    if holder not in (None, account_id):
        raise MemberHasAccount()
    execute(
        "UPDATE identity_account SET member_id = %s, level = greatest(level, %s) WHERE id = %s",
        [member_id, level, account_id],
    )
    announce(MemberLinked(account_id=account_id, member_id=member_id, level=level))


def link_by_email(
    *, email: str, member_id: int, level: int, actor: Actor, now: dt.datetime
) -> None:
    """Link the account of an address to a member whom a clerk has seen with their paper.

    Only an account that was signed in to before is linked: a mistyped address opens nothing to its
    owner.

    :raises NoSuchAccount: nobody has signed in with this address yet
    :raises MemberHasAccount, AccountIsAnothers: as ``link_member`` says
    """
    require_unit_of_work()
    account_id = scalar(
        "SELECT id FROM identity_account WHERE email_blind = %s", [blind_email(email)]
    )
    if account_id is None:
        raise NoSuchAccount()
    link_member(
        account_id=account_id,
        member_id=member_id,
        level=level,
        proof="counter",
        actor=actor,
        now=now,
    )


def actor_of(*, account_id: int, now: dt.datetime, level: int | None = None) -> Actor | None:
    """Return the actor that an account's holder is, or None when it may not act any more.

    :param level: what this session's sign-in proved; None: all that the account can
    """
    found = row(_ACCOUNT + " WHERE id = %s", [account_id])
    if found is None:
        return None
    proven = found.level if level is None else min(level, found.level)
    if found.kind == "staff":
        return _staff_actor(found, proven)
    return Actor(
        id=f"account:{account_id}",
        kind="resident",
        roles=frozenset({"resident"}),
        member_id=found.member_id,
        level=proven,
    )


def _staff_actor(found: Any, level: int) -> Actor | None:
    who = agencies.staff(staff_id=found.staff_id)
    if not who.active:
        return None
    return Actor(
        id=f"staff:{who.staff_id}",
        kind="staff",
        roles=who.roles,
        agency=who.agency,
        counter=who.counter,
        level=level,
    )


def own_email(*, account_id: int, actor: Actor) -> str:
    """Return the address of the actor's own account, or an empty text; nobody else's.

    :raises NoSuchAccount: the account is not the actor's
    """
    if actor.id != f"account:{account_id}":
        raise NoSuchAccount()
    blob = scalar("SELECT email_sealed FROM identity_account WHERE id = %s", [account_id])
    return unseal(EMAIL, blob, row=account_id) if blob is not None else ""


def blind_email(email: str) -> bytes:
    """Return the blind index of an address; upper and lower case are one."""
    return blind(EMAIL, fold(email))
