"""Whole numbers that stay exact: figures as integers, and fractions of a dollar rounded as a
tariff says."""

from decimal import Decimal
from enum import Enum
from typing import Any

from citycard.fares.values import MICRO, Column


class Rounding(Enum):
    """What becomes of a fraction of a dollar; with ``NEAREST`` a half goes up."""

    NEAREST = "nearest"
    UP = "up"
    DOWN = "down"


def dollars(amount: Column, rounding: Rounding, unit: int = MICRO) -> Column:
    """Round amounts of which ``unit`` make a dollar."""
    if rounding is Rounding.UP:
        return -(-amount // unit)
    if rounding is Rounding.DOWN:
        return amount // unit
    return (2 * amount + unit) // (2 * unit)


def scaled(figure: Any, unit: int) -> int:
    """Return a pack's figure as a whole number of its parts: 2.55255 dollars are 2,552,550 micro.

    :raises ValueError: when the figure is finer than its parts.
    """
    parts = Decimal(str(figure)) * unit
    if parts != parts.to_integral_value():
        raise ValueError(f"{figure} is finer than 1/{unit}")
    return int(parts)
