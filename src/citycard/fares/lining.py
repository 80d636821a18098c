"""On which line rides were made: the book's place for each pair of operator and route said."""

from collections.abc import Callable, Mapping

import numpy as np

from citycard.fares.book import Book
from citycard.fares.values import NONE, Column


def lines_of(book: Book, operator: Column, route: Column, codes: Mapping[int, str]) -> Column:
    """Return the line of each ride; there are few of them.

    :param codes: what the numbers mean
    """
    return each_pair(
        (operator, route), lambda one, other: book.line(operator=codes[one], route=codes[other])
    )


def each_pair(columns: tuple[Column, Column], look_up: Callable[[int, int], int]) -> Column:
    """Look up each pair of numbers once: there are few pairs, and the numbers are small."""
    one, other = (column.astype(np.int64) for column in columns)
    if not len(one):
        return one
    width = int(other.max()) + 1
    key = one * width + other
    pairs = np.flatnonzero(np.bincount(key))
    found = np.full(int(key.max()) + 1, NONE, np.int64)
    found[pairs] = [look_up(int(pair // width), int(pair % width)) for pair in pairs]
    return np.asarray(found[key])
