"""Numbers that follow one another, said by where they begin and end.

Batches are numbered as they come, so those that are read together are nearly always a few spans. A
comparison with two bounds costs a hundredth of one with a list of some hundreds, and an index over
blocks (BRIN) answers it in one look.
"""

from collections.abc import Iterable
from typing import NamedTuple


class Spans(NamedTuple):
    """Spans of whole numbers, in parallel and in order.

    :ivar lasts: the last number of each, itself within it
    """

    firsts: list[int]
    lasts: list[int]


def spans(numbers: Iterable[int]) -> Spans:
    """Return the fewest spans that hold exactly these numbers.

    >>> spans([7, 3, 4, 4, 5])
    Spans(firsts=[3, 7], lasts=[5, 7])
    """
    found = Spans([], [])
    for number in sorted(set(numbers)):
        if found.lasts and number == found.lasts[-1] + 1:
            found.lasts[-1] = number
        else:
            found.firsts.append(number)
            found.lasts.append(number)
    return found
