"""Stepping through the k-th ride of every person at once, where what came before decides."""

from collections.abc import Iterator

import numpy as np

from citycard.fares.values import Column, Flags


def segments(person: Column) -> Column:
    """Return which person-month each row belongs to, counted 0, 1, 2 … within these rows."""
    new = np.empty(len(person), dtype=np.int64)
    new[:1] = 0
    np.not_equal(person[1:], person[:-1], out=new[1:], casting="unsafe")
    return np.cumsum(new)


def starts_of(segment: Column) -> Column:
    """Return each row's first row of the same segment."""
    first = np.flatnonzero(np.diff(segment, prepend=-1))
    return first[segment]


def steps(segment: Column) -> Iterator[tuple[Column, Column]]:
    """Yield the first rows of all segments, then the second ones …: (rows, their segments)."""
    rank = np.arange(len(segment)) - starts_of(segment)
    order = np.argsort(rank.astype(np.uint16) if len(rank) < 2**16 else rank, kind="stable")
    begin = 0
    for size in np.bincount(rank):
        rows = order[begin : begin + int(size)]
        yield rows, segment[rows]
        begin += int(size)


def sum_before(segment: Column, values: Column) -> Column:
    """Return the sum of what stands before each row in its segment."""
    running = np.cumsum(values) - values
    return running - running[starts_of(segment)]


def any_before(segment: Column, flags: Flags) -> Flags:
    """Tell which rows have a flagged row before them in their segment."""
    before: Flags = sum_before(segment, flags.astype(np.int64)) > 0
    return before
