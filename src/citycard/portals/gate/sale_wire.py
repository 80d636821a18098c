"""The sale part of a tap, as it goes over the wire. Pure: values only.

``{"price_ntd": 150, "purse_ntd": 320}``, with ``quantity`` where the price is of several hours or
pieces. The answer says what pays it: points first, then stored value, then cash.
"""

from collections.abc import Mapping
from typing import Any

from citycard.taps import api as taps

_NUMBERS: Mapping[str, tuple[int, int]] = {
    "price_ntd": (1, 100_000),
    "quantity": (1, 1_000),
    "purse_ntd": (-1_000, 100_000),
}


class BadSale(ValueError):
    """What a tap says of its price can't be right; its text is the sentence for the reader."""


def read_sale(said: Any, where: str) -> taps.SalePart:
    """Return the sale part of a tap.

    :param where: how the request names the part, such as ``taps[3].sale``
    :raises BadSale: a field is missing, unknown or not as it should be
    """
    if not isinstance(said, dict):
        raise BadSale(f"{where} must be an object.")
    if "price_ntd" not in said:
        raise BadSale(f"{where}.price_ntd must say what is to be paid.")
    for name, value in said.items():
        if name not in _NUMBERS:
            raise BadSale(f"{where}.{name[:32]} is no field of a sale.")
        least, most = _NUMBERS[name]
        if type(value) is not int or not least <= value <= most:
            raise BadSale(f"{where}.{name} must be a whole number from {least} to {most}.")
    return taps.SalePart(**said)


def written_paid(paid: taps.PaidPart) -> dict[str, int]:
    """Return what pays a price, as a till reads it."""
    return {
        "points": paid.points,
        "stored_value_ntd": paid.stored_value_ntd,
        "cash_ntd": paid.cash_ntd,
    }
