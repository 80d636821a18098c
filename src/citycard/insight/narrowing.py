"""How narrowly hidden cells can be bounded from what is shown. Pure.

Two ways, both exact in what they claim: `spread` passes bounds on from relation to relation, which
is quick and never narrower than the truth; `tightest` solves a linear programme for every cell,
which no reader of the tables can beat with sums and comparisons.
"""

from collections import defaultdict
from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Generic, TypeVar

from citycard.insight.simplex import Number, Programme, Terms

K = TypeVar("K", bound=Hashable)
Interval = tuple[int, int | None]
"""Least and largest possible value; None: nothing bounds it."""


@dataclass(frozen=True)
class Relation(Generic[K]):
    """What every reader knows: a sum over cells is zero, or (`equal` False) zero or less."""

    terms: tuple[tuple[K, int], ...]
    equal: bool = True


def adds_up(total: K, parts: Iterable[K]) -> Relation[K]:
    """Say that parts add up to a total."""
    return Relation(((total, -1), *((part, 1) for part in parts)))


def at_most(less: Iterable[tuple[K, int]], more: Iterable[tuple[K, int]]) -> Relation[K]:
    """Say that one sum is at most another."""
    return Relation((*less, *((cell, -factor) for cell, factor in more)), equal=False)


@dataclass(frozen=True)
class Left(Generic[K]):
    """What a relation says of hidden cells once the shown ones are put in."""

    constant: int
    terms: tuple[tuple[K, int], ...]
    equal: bool


def left_over(relations: Iterable[Relation[K]], shown: Mapping[K, int]) -> list[Left[K]]:
    """Put the shown values into the relations and keep those that still say something."""
    found = []
    for relation in relations:
        terms = tuple(term for term in relation.terms if term[0] not in shown)
        if terms:
            constant = sum(factor * shown[c] for c, factor in relation.terms if c in shown)
            found.append(Left(constant, terms, relation.equal))
    return found


def apart(relations: Sequence[Left[K]]) -> Iterator[list[Left[K]]]:
    """Split relations into groups that share no hidden cell."""
    leader: dict[K, K] = {}

    def find(cell: K) -> K:
        while leader.setdefault(cell, cell) != cell:
            leader[cell] = cell = leader[leader[cell]]
        return cell

    for relation in relations:
        first = find(relation.terms[0][0])
        for cell, _factor in relation.terms[1:]:
            leader[find(cell)] = first
    groups: dict[K, list[Left[K]]] = defaultdict(list)
    for relation in relations:
        groups[find(relation.terms[0][0])].append(relation)
    yield from groups.values()


def spread(
    relations: Sequence[Left[K]], least: Mapping[K, int], rounds: int = 50
) -> dict[K, Interval]:
    """Bound cells by passing bounds on until nothing changes, or for so many rounds.

    :param least: the least that each hidden cell can be; 0 where it isn't named
    """
    bounds: dict[K, Interval] = {
        cell: (least.get(cell, 0), None) for each in relations for cell, _ in each.terms
    }
    for _round in range(rounds):
        if not any([_pass_on(each, bounds) for each in relations]):
            break
    return bounds


def _pass_on(each: Left[K], bounds: dict[K, Interval]) -> bool:
    """Narrow each cell of a relation by the other cells' bounds; say whether anything changed."""
    changed = _hold_down(each.constant, each.terms, bounds)
    if each.equal:
        opposite = tuple((cell, -factor) for cell, factor in each.terms)
        changed |= _hold_down(-each.constant, opposite, bounds)
    return changed


def _hold_down(constant: int, terms: tuple[tuple[K, int], ...], bounds: dict[K, Interval]) -> bool:
    """Narrow by constant + sum ≤ 0: a cell has what the others leave at their least."""
    leasts = [_least(factor, bounds[cell]) for cell, factor in terms]
    open_ones = sum(one is None for one in leasts)
    if open_ones > 1:
        return False
    known = constant + sum(one for one in leasts if one is not None)
    changed = False
    for (cell, factor), own in zip(terms, leasts, strict=True):
        if open_ones and own is not None:
            continue
        room = -(known - (own or 0))
        low, high = bounds[cell]
        if factor > 0 and (high is None or room // factor < high):
            bounds[cell], changed = (low, room // factor), True
        elif factor < 0 and -(room // -factor) > low:
            bounds[cell], changed = (-(room // -factor), high), True
    return changed


def _least(factor: int, interval: Interval) -> int | None:
    if factor > 0:
        return factor * interval[0]
    return None if interval[1] is None else factor * interval[1]


def tightest(
    relations: Sequence[Left[K]], least: Mapping[K, int], cells: Iterable[K] | None = None
) -> dict[K, Interval]:
    """Bound cells as tightly as sums and comparisons can: each by two linear programmes, which
    begin
    where passing bounds on ended (that also knows that people come whole).

    :param cells: which ones; all that the relations name where it is None
    :raises Contradiction: no values fulfil the relations
    """
    wanted = None if cells is None else set(cells)
    found: dict[K, Interval] = {}
    for group in apart(relations):
        named = list(dict.fromkeys(cell for each in group for cell, _ in each.terms))
        asked = [cell for cell in named if wanted is None or cell in wanted]
        if asked:
            found.update(_solved(group, named, asked, spread(group, least)))
    return found


def _solved(
    group: Sequence[Left[K]], named: Sequence[K], asked: Iterable[K], rough: Mapping[K, Interval]
) -> Iterator[tuple[K, Interval]]:
    number = {cell: n for n, cell in enumerate(named)}
    start = {cell: rough[cell][0] for cell in named}
    programme = _programme(group, number, start)
    for cell in asked:
        low = -(programme.largest({number[cell]: -1}) or 0)
        high = programme.largest({number[cell]: 1})
        most = None if high is None else start[cell] + floor(high)
        known = rough[cell][1]
        if known is not None and (most is None or known < most):
            most = known
        yield cell, (start[cell] + ceil(low), most)


def narrower(
    relations: Sequence[Left[K]], least: Mapping[K, int], *, cells: Container[K], than: int
) -> Iterator[tuple[K, int, int]]:
    """Yield the cells that can be bounded to values less than so far apart, with the bounds.

    As `tightest`, but it looks no further once a cell can be far enough from its least.

    :raises Contradiction: no values fulfil the relations
    """
    for group in apart(relations):
        rough = spread(group, least)
        named = list(rough)
        number = {cell: n for n, cell in enumerate(named)}
        start = {cell: low for cell, (low, _) in rough.items()}
        programme = _programme(group, number, start)
        for cell in named:
            if cell not in cells:
                continue
            low = ceil(-(programme.largest({number[cell]: -1}) or 0))
            most = programme.largest({number[cell]: 1}, enough=low + than)
            high = rough[cell][1] if most is None else start[cell] + floor(most)
            known = rough[cell][1]
            high = known if high is None or (known is not None and known < high) else high
            if high is not None and high - start[cell] - low < than:
                yield cell, start[cell] + low, high


def _programme(
    group: Sequence[Left[K]], number: Mapping[K, int], least: Mapping[K, int]
) -> Programme:
    """Write relations for variables that begin at zero: each cell less the least it can be."""
    zero: list[tuple[Number, Terms]] = []
    more: list[tuple[Number, Terms]] = []
    for each in group:
        constant = each.constant + sum(f * least.get(cell, 0) for cell, f in each.terms)
        terms: Terms = {}
        for cell, factor in each.terms:
            terms[number[cell]] = terms.get(number[cell], 0) + factor
        if each.equal:
            zero.append((constant, terms))
        else:
            more.append((-constant, {v: -factor for v, factor in terms.items()}))
    return Programme(zero=zero, least=more, variables=len(number))
