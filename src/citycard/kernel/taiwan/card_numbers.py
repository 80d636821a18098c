"""Printed card numbers and how much of one a receipt or a screen may show."""

from collections.abc import Sequence


def mask(number: str, hidden: Sequence[int]) -> str:
    """Return a card number with the given places hidden.

    :param hidden: places counted from 1 at the left, or from -1 at the right (a pack's rule a
        medium)
    """
    places = {place - 1 if place > 0 else len(number) + place for place in hidden}
    return "".join("*" if i in places else digit for i, digit in enumerate(number))
