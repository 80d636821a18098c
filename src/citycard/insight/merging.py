"""Take hidden cells that nothing tells apart as one cell and all the others. Pure.

The hidden days of a table are such cells: whatever can be said of one can be said of any, so bounds
of one are bounds of all. A linear programme over one and the rest together has the same answers as
over all of them (take the average of the others), and is far smaller.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from citycard.insight.narrowing import Left

Cell = tuple[str, ...]
FEWEST = 3
"""Fewer lines are left as they are."""
KINDS = 2
"""A line has uses and people; where only one of them is hidden it isn't like the others."""


@dataclass(frozen=True)
class Member:
    """Where a cell belongs among cells that nothing tells apart.

    :ivar table: what they are all part of
    :ivar name: which one it is; its cells (uses, people) have the same name
    :ivar kind: which of its cells
    """

    table: Hashable
    name: str
    kind: str


def merged(
    knot: Sequence[Left[Cell]], members: Mapping[Cell, Member], least: Mapping[Cell, int]
) -> tuple[list[Left[Cell]], dict[Cell, int]]:
    """Return relations over one cell of each kind and the rest, and the least that each can be."""
    named = {cell for each in knot for cell, _ in each.terms if cell in members}
    alike = _alike({cell: members[cell] for cell in named})
    merger = _Merger(alike)
    relations = list(dict.fromkeys(new for each in knot for new in merger.relations(each)))
    return relations, merger.least(relations, least)


def _alike(members: Mapping[Cell, Member]) -> dict[Cell, Member]:
    """Leave out lines of which another kind of cell is shown, and tables with few lines."""
    kinds: dict[tuple[Hashable, str], set[str]] = defaultdict(set)
    for member in members.values():
        kinds[member.table, member.name].add(member.kind)
    whole = {line for line, found in kinds.items() if len(found) == KINDS}
    sizes = Counter(table for table, _name in whole)
    return {
        cell: member
        for cell, member in members.items()
        if (member.table, member.name) in whole and sizes[member.table] >= FEWEST
    }


class _Merger:
    def __init__(self, members: Mapping[Cell, Member]) -> None:
        self._members = members
        names: dict[Hashable, set[str]] = defaultdict(set)
        for member in members.values():
            names[member.table].add(member.name)
        self._kept = {table: min(them) for table, them in names.items()}
        self._others = {table: len(them) - 1 for table, them in names.items()}

    def relations(self, each: Left[Cell]) -> list[Left[Cell]]:
        """Return a relation as it is, with the rest put together, or said once of all the
        others."""
        members = [self._members[cell] for cell, _ in each.terms if cell in self._members]
        lines = {(member.table, member.name) for member in members}
        if not lines:
            return [each]
        if len(lines) > 1:
            return [self._of_all(each)]
        [(table, name)] = lines
        if name != self._kept[table]:
            return []
        return [each, self._of_others(each, self._others[table])]

    def _of_all(self, each: Left[Cell]) -> Left[Cell]:
        terms: dict[Cell, int] = {}
        for cell, factor in each.terms:
            terms[self._rest(cell)] = factor
        return Left(each.constant, tuple(terms.items()), each.equal)

    def _of_others(self, each: Left[Cell], others: int) -> Left[Cell]:
        """Add up what holds for each of the others."""
        terms = tuple(
            (self._rest_of(cell), factor) if cell in self._members else (cell, factor * others)
            for cell, factor in each.terms
        )
        return Left(each.constant * others, terms, each.equal)

    def _rest(self, cell: Cell) -> Cell:
        member = self._members.get(cell)
        if member is None or self._kept[member.table] == member.name:
            return cell
        return self._rest_of(cell)

    def _rest_of(self, cell: Cell) -> Cell:
        member = self._members[cell]
        return ("the rest", member.kind, str(member.table))

    def least(self, relations: Sequence[Left[Cell]], least: Mapping[Cell, int]) -> dict[Cell, int]:
        """Return the least that each cell can be; the rest can't be less than all of them."""
        found = {cell: least[cell] for each in relations for cell, _ in each.terms if cell in least}
        for cell in list(found):
            if cell in self._members:
                others = self._others[self._members[cell].table]
                found[self._rest_of(cell)] = found[cell] * others
        return found
