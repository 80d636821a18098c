"""Which cells of a table stay hidden, so that no figure speaks of a handful of people.

A table is a set of cells and the sums that are published with it (a total and the parts that add
up to it). A cell with fewer people than the pack's limit is hidden. That alone protects nobody:
the reader would subtract the other parts from the total. So the next-smallest sibling goes with
it, and where there is none, the total itself; the same rule then holds one level higher.

Pure: no database, no clock.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Sum(Generic[K]):
    """One published addition: the cells in `parts` add up to the cell `total`."""

    total: K
    parts: tuple[K, ...]


def hidden_cells(*, people: Mapping[K, int], sums: Sequence[Sum[K]], least: int) -> frozenset[K]:
    """Name the cells to hide, given the distinct people behind each cell.

    After it, no hidden cell can be worked out from the cells that are shown, and what can be
    worked out about hidden cells together always speaks of at least `least` people. Empty cells
    are shown as zero: they speak of nobody.
    """
    hidden = {cell for cell, count in people.items() if 0 < count < least}
    while True:
        more = next(_exposed(people, sums, hidden, least), None)
        if more is None:
            return frozenset(hidden)
        hidden.add(more)


def _exposed(
    people: Mapping[K, int], sums: Sequence[Sum[K]], hidden: set[K], least: int
) -> Iterator[K]:
    for addition in sums:
        parts = [part for part in addition.parts if people[part]]
        unseen = [part for part in parts if part in hidden]
        if addition.total in hidden:
            protected = bool(unseen)
        else:
            protected = not unseen or _protects(people, parts, unseen, least)
        if not protected:
            yield _next_to_hide(people, addition, parts, hidden)


def _protects(people: Mapping[K, int], parts: list[K], unseen: list[K], least: int) -> bool:
    """Say whether total minus the shown parts is a sum that may be known."""
    if len(unseen) < 2:
        return False
    return len(unseen) == len(parts) or max(people[part] for part in unseen) >= least


def _next_to_hide(people: Mapping[K, int], addition: Sum[K], parts: list[K], hidden: set[K]) -> K:
    shown = [part for part in parts if part not in hidden]
    return min(shown, key=lambda part: (people[part], repr(part))) if shown else addition.total
