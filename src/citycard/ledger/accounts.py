"""Names of accounts, as callers say them. The ledger turns them into numbers, opening what is
new.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

AccountClass = Literal[
    "issuer", "budget", "member", "held", "partner", "breakage", "loss", "city", "stock"
]
GUARDED: frozenset[AccountClass] = frozenset({"budget", "member", "held", "stock"})
"""Accounts that may not run dry; the others carry no balance and are never locked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountRef:
    """The name of an account.

    :ivar unit: the unit of value, by the pack's code; a transfer stays within one
    :ivar holder: whose it is (a member id), for ``member`` and ``held``
    :ivar fund: who pays, for ``budget``, ``member`` and ``held``
    :ivar expires_on: the last local day on which the lot may be spent; None never lapses
    :ivar code: which issuer, partner or city account
    """

    account_class: AccountClass
    unit: str
    holder: int | None = None
    fund: int | None = None
    expires_on: dt.date | None = None
    code: str | None = None

    @property
    def guarded(self) -> bool:
        """Tell whether the account may not run dry."""
        return self.account_class in GUARDED

    @property
    def mark(self) -> str:
        """Return what tells this account from all others; it goes into hashes and never changes."""
        return (
            f"{self.account_class}|{self.unit}|{self.holder}|{self.fund}|{self.expires_on}"
            f"|{self.code}"
        )

    @property
    def name(self) -> str:
        """Return the name as an auditor reads it, by ids only:
        ``member:12:city-points:3:2027-12-31``.
        """
        parts = (self.account_class, self.holder, self.code, self.unit, self.fund, self.expires_on)
        return ":".join(str(part) for part in parts if part is not None)


def issuer(*, agency: str, unit: str) -> AccountRef:
    """Name the account that an agency's points come from; what it is short of is what it owes."""
    return AccountRef(account_class="issuer", unit=unit, code=agency)


def budget(*, fund_id: int, unit: str) -> AccountRef:
    """Name what a fund may still give."""
    return AccountRef(account_class="budget", unit=unit, fund=fund_id)


def member(*, holder: int, unit: str, fund: int, expires_on: dt.date | None = None) -> AccountRef:
    """Name one lot of a person: what they have from one fund until one day."""
    return AccountRef(
        account_class="member", unit=unit, holder=holder, fund=fund, expires_on=expires_on
    )


def held(*, holder: int, unit: str, fund: int, expires_on: dt.date | None = None) -> AccountRef:
    """Name what is on its way out of a person's lot."""
    return AccountRef(
        account_class="held", unit=unit, holder=holder, fund=fund, expires_on=expires_on
    )


def partner(*, code: str, unit: str) -> AccountRef:
    """Name a redeeming partner, say the card company that turns points into stored value."""
    return AccountRef(account_class="partner", unit=unit, code=code)


def breakage(*, unit: str) -> AccountRef:
    """Name where lapsed points go that return to no fund."""
    return AccountRef(account_class="breakage", unit=unit)


def loss(*, unit: str, code: str | None = None) -> AccountRef:
    """Name where a loss stands until somebody answers for it; ``code`` says whose reader or
    card.
    """
    return AccountRef(account_class="loss", unit=unit, code=code)


def city(*, code: str, unit: str) -> AccountRef:
    """Name an account of the city's own."""
    return AccountRef(account_class="city", unit=unit, code=code)
