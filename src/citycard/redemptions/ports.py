"""What redemptions needs from outside: what card companies say was loaded, and partners that credit
accounts."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadingRecord:
    """One loading as the company's own reader saw it.

    :ivar reference: the company's own number of it
    :ivar terminal: the kiosk's name as it stands on the card's record
    :ivar counter: the card's counter after the loading
    :ivar purse_before, purse_after: stored value in NT$
    """

    reference: str
    terminal: str
    card_number: str = field(repr=False)
    counter: int
    ntd: int
    purse_before: int
    purse_after: int
    at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class LoadingFile:
    """One file of a company, whole: what doesn't add up is not handed out.

    :ivar name: the company's own; the same name with other content is another file
    :ivar business_day: the day that the company books it on; records may be of earlier days
    """

    name: str
    business_day: dt.date
    digest: bytes
    records: Sequence[LoadingRecord]


class LoadingRecords(Protocol):
    """The card companies' daily files of what was loaded at the city's kiosks."""

    def files_of(self, partner: str, business_day: dt.date) -> Sequence[LoadingFile]:
        """Return the files of a company's day that are there by now: none, one or several; asked
        again, the same and those that came since.

        :raises OSError: the company can't be reached, or a file is not whole
        """
        ...

    def check(self) -> str:
        """Say in a few words how it is; raise when it is down."""
        ...


class DemoLoadings(Protocol):
    """What a demo city tells its own card company: loadings that no simulated writer made."""

    def took(self, partner: str, records: Sequence[LoadingRecord]) -> None:
        """Let a company know of loadings of an invented history."""
        ...


@dataclass(frozen=True, kw_only=True)
class Credit:
    """What a partner is asked to credit to an account.

    :ivar key: the same for a repeated order: what was credited is not credited again
    :ivar account: the name under which this partner, and no other, knows the person's account
    """

    key: str
    partner: str
    account: str = field(repr=False)
    kind: str
    ntd: int


@dataclass(frozen=True, kw_only=True)
class CreditAnswer:
    """What a partner says to one credit.

    :ivar receipt: its own reference
    :ivar why: a code when it did not credit
    """

    key: str
    result: Literal["credited", "refused"]
    receipt: str = ""
    why: str = ""


class AccountPartner(Protocol):
    """The partners that credit accounts: bus rides, a transit subsidy."""

    def credit(self, credits: Sequence[Credit]) -> Sequence[CreditAnswer]:
        """Credit each once, however often it is asked; who is left out is not yet decided.

        :raises OSError: the partner can't be reached; nothing is known of the credits
        """
        ...

    def answers_of(self, partner: str, business_day: dt.date) -> Sequence[CreditAnswer]:
        """Return the partner's own list of what it credited or refused on a day.

        :raises OSError: the partner can't be reached
        """
        ...

    def check(self) -> str:
        """Say in a few words how the partners are; raise when none works."""
        ...
