"""What issuing needs from outside: a card printer at each counter, and the card company."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True, kw_only=True)
class PrintOrder:
    """A bitmap to print on the blank that the counter has put into its printer.

    :ivar key: the same for a repeated order: a printer that has done it doesn't print again
    :ivar bitmap: PNG, 1011 × 638 pixels, 300 dots an inch: one side of a CR80 card
    """

    key: str
    counter: str
    bitmap: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class PrintResult:
    """What became of an order.

    :ivar state: ``printed``, or ``fault``: the card in the printer is spoiled
    :ivar why: a code: ``ribbon``, ``jam``, ``head`` …
    """

    key: str
    state: Literal["printed", "fault"]
    why: str = ""


class CardPrinter(Protocol):
    """The card printers of the counters."""

    def print_cards(self, orders: Sequence[PrintOrder]) -> Sequence[PrintResult]:
        """Print each order once, however often it is asked.

        :raises OSError: the printer can't be reached; nothing is known of the orders
        """
        ...

    def check(self) -> str:
        """Say in a few words how the printers are; raise when none works."""
        ...


@dataclass(frozen=True, kw_only=True)
class NameRegistration:
    """A name for the card company: whose card this is, so that a lost one can be blocked.

    :ivar key: the same for a repeated registration
    """

    key: str
    card_number: str = field(repr=False)
    name: str = field(repr=False)
    birth_on: dt.date | None = field(default=None, repr=False)
    card_kind: str = ""
    handed_over_on: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """What the card company says to one registration.

    :ivar receipt: its own reference, for reconciling
    :ivar why: a code when it was not accepted
    """

    key: str
    accepted: bool
    receipt: str = ""
    why: str = ""


class CardCompany(Protocol):
    """The company whose stored value is on the cards."""

    def register_names(
        self, registrations: Sequence[NameRegistration]
    ) -> Sequence[Acknowledgement]:
        """Take each name once, however often it is sent; none is left out of the answer.

        :raises OSError: the company can't be reached
        """
        ...

    def check(self) -> str:
        """Say in a few words how the company's service is; raise when it is down."""
        ...


class DemoOutside(Protocol):
    """What a demo city can do to its own printer and card company: break and mend them."""

    def switch(self, what: str, state: str) -> None:
        """Set ``printer`` (up, down, hanging, fault) or ``company`` (up, down, hanging,
        refusing)."""
        ...

    def states(self) -> dict[str, str]:
        """Return how each is switched."""
        ...
