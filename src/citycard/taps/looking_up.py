"""Which of the city's numbers a batch's reads can be. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from citycard.taps.columns import TapColumns, Whole
from citycard.taps.numbers import candidates
from citycard.taps.values import CardRead

_BY_DIGITS = frozenset({"printed", "virtual"})
"""Kinds whose numbers, where they are digits alone, stand in their one form already."""


class Sought(NamedTuple):
    """The numbers to look for.

    :ivar key: the place of each one's issuer and kind in ``sorts``
    :ivar other: the second number that a read can mean, None for most; empty: for none
    """

    sorts: Sequence[tuple[str, str]]
    key: Whole
    number: list[str]
    other: list[str | None]


def sought(columns: TapColumns, resolved: Mapping[int, CardRead]) -> Sought:
    """Return what to look for, each number in the form that the city keeps."""
    if not resolved and set(columns.number_kind) <= _BY_DIGITS and _all_digits(columns.number):
        return _of(list(zip(columns.issuer, columns.number_kind, strict=True)), columns.number, {})
    sorts, numbers, others = [], [], {}
    for i, read in enumerate(zip(columns.issuer, columns.number_kind, columns.number, strict=True)):
        issuer, kind, number = resolved.get(i, read)
        (kind, number), *more = candidates(number_kind=kind, number=number)
        sorts.append((issuer, kind))
        numbers.append(number)
        if more:
            others[i] = more[0][1]
    return _of(sorts, numbers, others)


def _all_digits(numbers: Sequence[str]) -> bool:
    joined = "".join(numbers)
    return joined.isascii() and joined.isdigit()


def _of(sorts: list[tuple[str, str]], numbers: Sequence[str], others: dict[int, str]) -> Sought:
    distinct = list(dict.fromkeys(sorts))
    if len(distinct) == 1:
        key = np.zeros(len(sorts), np.int64)
    else:
        places = {sort: n for n, sort in enumerate(distinct)}
        key = np.array([places[sort] for sort in sorts], np.int64)
    other = [others.get(i) for i in range(len(sorts))] if others else []
    return Sought(distinct, key, list(numbers), other)
