"""Which cells stay hidden, so that nobody who reads every table can bound a hidden one to an
interval narrower than the pack's limit. Pure.

What speaks of fewer people than the limit is hidden. Then the reader's own sums are done: whatever
can still be bounded too narrowly takes a neighbour with it, the one with the fewest people, and so
on until nothing can (`narrowing`). A table of which every part would be hidden is withheld: not
even its empty parts, nor which parts there are, are told.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from citycard.insight.merging import Member, merged
from citycard.insight.narrowing import (
    Interval,
    Left,
    Relation,
    apart,
    left_over,
    narrower,
    spread,
)
from citycard.insight.simplex import Contradiction

Group = tuple[str, ...]
"""A figure: what is shown or hidden as one, such as a place with its uses and its people."""
Cell = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Figures that make up another.

    :ivar bundle: tables of one name are shown line by line together, and withheld together
    :ivar relations: what holds only as long as they aren't withheld
    :ivar adds: whether the parts add up to the total; people of the parts may be the same
    """

    total: Group
    parts: tuple[Group, ...]
    bundle: Group
    relations: tuple[Relation[Cell], ...] = ()
    adds: bool = True


@dataclass(kw_only=True)
class Figures:
    """All figures that are published together, with their true values.

    :ivar cells: the cells of each figure
    :ivar people: how many people a figure speaks of; 0: of nobody
    :ivar alike: figures that nothing tells apart when they are hidden: their table, and which line
    :ivar listed: figures that are told to be there even where their table is withheld
    :ivar tables: which figures make up which
    :ivar relations: what every reader knows beside the tables' own relations
    """

    values: dict[Cell, int] = field(default_factory=dict)
    cells: dict[Group, tuple[Cell, ...]] = field(default_factory=dict)
    people: dict[Group, int] = field(default_factory=dict)
    listed: set[Group] = field(default_factory=set)
    alike: dict[Group, tuple[Group, str]] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    relations: list[Relation[Cell]] = field(default_factory=list)

    def add(self, group: Group, people: int, value: int) -> None:
        """Add a figure: how many people it speaks of, and what it says."""
        self.cells[group] = (("n", *group),)
        self.people[group] = people
        self.values["n", *group] = value


@dataclass(frozen=True, kw_only=True)
class Covered:
    """What is kept back: figures, and bundles of tables of which no part is told."""

    hidden: frozenset[Group]
    withheld: frozenset[Group]


def cover(figures: Figures, *, least: int) -> Covered:
    """Say which figures are kept back; the same for the same figures, whatever their order."""
    return _Cover(figures, least).work_out()


class _Cover:
    def __init__(self, figures: Figures, least: int) -> None:
        self._figures = figures
        self._least = least
        self._hidden = {group for group, people in figures.people.items() if 0 < people < least}
        self._withheld: set[Group] = set()
        self._bundles: dict[Group, list[Table]] = defaultdict(list)
        for table in figures.tables:
            self._bundles[table.bundle].append(table)
        self._tables_of: dict[Group, list[int]] = defaultdict(list)
        for n, table in enumerate(figures.tables):
            for group in (table.total, *table.parts):
                self._tables_of[group].append(n)
        self._group_of = {c: group for group, cells in figures.cells.items() for c in cells}
        self._members = {
            cell: Member(*figures.alike[group], cell[0])
            for cell, group in self._group_of.items()
            if group in figures.alike
        }
        self._safe: set[tuple[Left[Cell], ...]] = set()

    def work_out(self) -> Covered:
        while True:
            self._withhold()
            more = self._more_to_hide()
            if not more:
                return Covered(hidden=frozenset(self._hidden), withheld=frozenset(self._withheld))
            self._hidden |= more

    def _withhold(self) -> None:
        """Withhold tables without a part to show, and whatever is below a figure of few people."""
        changed = True
        while changed:
            changed = False
            for bundle, tables in self._bundles.items():
                if bundle not in self._withheld and self._tells_nothing(tables):
                    self._withheld.add(bundle)
                    self._hidden |= {part for table in tables for part in table.parts}
                    changed = True

    def _tells_nothing(self, tables: Sequence[Table]) -> bool:
        some = [part for table in tables for part in table.parts if self._figures.people[part]]
        if not some:  # empty: shown as such where the total is
            return all(table.total in self._hidden for table in tables)
        return all(part in self._hidden for part in some)

    def _more_to_hide(self) -> set[Group]:
        """Return one figure for each knot of hidden cells that a reader could untie."""
        shown = {
            cell: self._figures.values[cell]
            for group, cells in self._figures.cells.items()
            if group not in self._hidden
            for cell in cells
        }
        relations = self._relations()
        more = set()
        for knot in apart(left_over(relations, shown)):
            if tuple(knot) not in self._safe:
                more |= self._untied(knot)
        return more

    def _relations(self) -> list[Relation[Cell]]:
        tables = [it for it in self._figures.tables if it.bundle not in self._withheld]
        return [*self._figures.relations, *(each for table in tables for each in table.relations)]

    def _untied(self, knot: Sequence[Left[Cell]]) -> set[Group]:
        """Return what must go with a knot's cells; nothing where it holds.

        Figures that contradict each other (counted while taps came in) are hidden altogether.
        """
        try:
            narrow = self._narrow(knot)
        except Contradiction:
            self._safe.add(tuple(knot))
            named = {cell for each in knot for cell, _ in each.terms if cell in self._group_of}
            tables = {n for cell in named for n in self._tables_of[self._group_of[cell]]}
            return {part for n in tables for part in self._figures.tables[n].parts} - self._hidden
        if narrow is None:
            self._safe.add(tuple(knot))
            return set()
        return {self._next(narrow, knot)}

    def _narrow(self, knot: Sequence[Left[Cell]]) -> Cell | None:
        """Return a cell that can be bounded too narrowly; the quick way is asked first."""
        relations, low = merged(knot, self._members, self._lowest(knot))
        narrow = self._narrowest(spread(relations, low))
        if narrow is not None:
            return narrow
        found = narrower(relations, low, cells=self._group_of, than=self._least)
        return next((cell for cell, _low, _high in found), None)

    def _narrowest(self, bounds: Mapping[Cell, Interval]) -> Cell | None:
        for cell, (least, most) in sorted(bounds.items()):
            if cell in self._group_of and most is not None and most - least < self._least:
                return cell
        return None

    def _lowest(self, knot: Sequence[Left[Cell]]) -> dict[Cell, int]:
        """Tell the least a hidden cell can be: one where its table tells that it isn't empty."""
        lowest = {}
        for each in knot:
            for cell, _factor in each.terms:
                group = self._group_of.get(cell)
                if group and self._figures.values[cell] and self._is_listed(group):
                    lowest[cell] = 1
        return lowest

    def _is_listed(self, group: Group) -> bool:
        return group in self._figures.listed or not any(
            self._figures.tables[n].bundle in self._withheld
            and group != self._figures.tables[n].total
            for n in self._tables_of[group]
        )

    def _next(self, narrow: Cell, knot: Sequence[Left[Cell]]) -> Group:
        """Choose what goes with a cell: the figure of fewest people from a table that tells its one
        hidden cell, else from the tightest of the cell's own tables, else from any of its knot."""
        near = {self._group_of[narrow]}
        far = {self._group_of[c] for each in knot for c, _ in each.terms if c in self._group_of}
        all_tables, own = self._tables_around(far), self._tables_around(near)
        telling = [n for n in all_tables if self._tells_its_own(n)]
        for tables in (telling, own, all_tables):
            for n in tables:
                candidates = list(self._candidates(n))
                if candidates:
                    return self._smallest(candidates)
        return self._smallest(self._beside({narrow}) or self._beside(set(self._group_of)))

    def _tables_around(self, groups: Iterable[Group]) -> list[int]:
        found = {n for group in groups for n in self._tables_of[group]}
        return sorted(found, key=self._room)

    def _tells_its_own(self, n: int) -> bool:
        """Tell whether all cells but one of a sum are shown."""
        table = self._figures.tables[n]
        hidden = sum(group in self._hidden for group in (table.total, *table.parts))
        return table.adds and table.bundle not in self._withheld and hidden == 1

    def _smallest(self, groups: Iterable[Group]) -> Group:
        return min(groups, key=lambda group: (self._figures.people[group], group))

    def _beside(self, cells: Set[Cell]) -> set[Group]:
        """Return the shown figures that some relation puts beside cells."""
        return {
            self._group_of[other]
            for relation in self._relations()
            if any(cell in cells for cell, _ in relation.terms)
            for other, _ in relation.terms
            if other in self._group_of and self._group_of[other] not in self._hidden
        }

    def _candidates(self, n: int) -> Iterator[Group]:
        table = self._figures.tables[n]
        yield from (
            part for part in table.parts if part not in self._hidden and self._figures.people[part]
        )
        if all(part in self._hidden for part in table.parts) and table.total not in self._hidden:
            yield table.total

    def _room(self, n: int) -> tuple[int, int]:
        """Tell how much a table's hidden parts leave to guess: the tightest table comes first."""
        hidden = [part for part in self._figures.tables[n].parts if part in self._hidden]
        return sum(self._figures.values[self._figures.cells[part][0]] for part in hidden), n
