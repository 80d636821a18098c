"""What happened to accounts, by ids only."""

from dataclasses import dataclass
from typing import ClassVar

from citycard.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    """Somebody signed in; ``way`` is ``email``, ``password``, ``certificate`` or ``persona``."""

    code: ClassVar[str] = "identity.account.signed_in"
    account_id: int
    way: str


@dataclass(frozen=True, kw_only=True)
class AccountLocked(Event):
    """An account was locked after too many wrong sign-ins."""

    code: ClassVar[str] = "identity.account.locked"
    account_id: int


@dataclass(frozen=True, kw_only=True)
class StaffSignInRenewed(Event):
    """A member of staff can sign in by something new; ``by`` is the actor who gave it to them."""

    code: ClassVar[str] = "identity.account.renewed"
    account_id: int
    staff_id: int
    by: str


@dataclass(frozen=True, kw_only=True)
class MemberLinked(Event):
    """An account turned out to be a member's."""

    code: ClassVar[str] = "identity.account.linked"
    account_id: int
    member_id: int
    level: int
