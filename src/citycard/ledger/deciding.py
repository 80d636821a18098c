"""Which lots a person's points are spent from. Pure."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from citycard.ledger.moves import Part

NEVER = dt.date.max


@dataclass(slots=True)
class Lot:
    """What is left of one lot while a batch is decided."""

    fund: int
    expires_on: dt.date | None
    amount: int

    @property
    def turn(self) -> tuple[dt.date, int]:
        """Return its place in the order of spending: earliest lapse first, then oldest fund."""
        return (self.expires_on or NEVER, self.fund)

    def may_be_spent(self, on: dt.date) -> bool:
        """Tell whether its last day has not passed."""
        return self.expires_on is None or on <= self.expires_on


def in_spending_order(lots: Iterable[Lot]) -> list[Lot]:
    """Return lots as they are spent."""
    return sorted(lots, key=lambda lot: lot.turn)


def spendable(lots: Sequence[Lot], on: dt.date) -> int:
    """Return how much of some lots may be spent on a day."""
    return sum(lot.amount for lot in lots if lot.may_be_spent(on))


def take(lots: Sequence[Lot], amount: int, on: dt.date) -> list[Part]:
    """Take an amount out of lots that stand in spending order; they must have it."""
    parts = []
    for lot in lots:
        given = min(lot.amount, amount) if lot.may_be_spent(on) else 0
        if given:
            lot.amount -= given
            amount -= given
            parts.append(Part(fund=lot.fund, expires_on=lot.expires_on, amount=given))
        if not amount:
            break
    assert amount == 0, "lots were asked for more than they have"
    return parts
