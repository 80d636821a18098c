"""A total and what it is made of, on a page of its own: covered as a month is. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from citycard.insight.covering import Cell, Figures, Group, Table, cover
from citycard.insight.narrowing import Relation, adds_up, at_most

_WHOLE: Group = ("whole",)
_WITHIN: Group = ("within",)
_PARTS: Group = ("parts",)
_PEOPLE = "people"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of figures, with its true values.

    :ivar amounts: what stands beside the people, by kind
    """

    people: int
    amounts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Parted:
    """What of a total and its parts may be shown.

    :ivar within: the line that the total lies in may be shown
    :ivar parts: the names of the parts that may be shown
    :ivar withheld: nor may it be told which parts there are
    """

    whole: bool
    within: bool
    parts: frozenset[str]
    withheld: bool


def parted(
    *,
    whole: Line,
    parts: Mapping[str, Line],
    least: int,
    within: Line | None = None,
    apart: bool = False,
    each: Collection[str] = (),
) -> Parted:
    """Say what may be shown, so that nobody can bound what is hidden to fewer than `least` values.

    Amounts of the parts add up to the total's of the same kind.

    :param within: a line beside it that is at least as large as the total
    :param apart: nobody is in two parts, so that people add up, too
    :param each: kinds of which everybody who is counted has one or more
    """
    figures = Figures()
    lines = {_WHOLE: whole} | {(*_PARTS, name): line for name, line in parts.items()}
    for group, line in (lines | ({_WITHIN: within} if within else {})).items():
        _add(figures, group, line, each)
    if within:
        kinds = (_PEOPLE, *(within.amounts.keys() & whole.amounts.keys()))
        figures.relations += [at_most([((k, *_WHOLE), 1)], [((k, *_WITHIN), 1)]) for k in kinds]
    groups = tuple(group for group in lines if group != _WHOLE)
    if groups:
        told = tuple(_relations(groups, lines, apart))
        figures.tables.append(
            Table(total=_WHOLE, parts=groups, bundle=_PARTS, relations=told, adds=apart)
        )
    covered = cover(figures, least=least)
    return Parted(
        whole=_WHOLE not in covered.hidden,
        within=_WITHIN not in covered.hidden,
        parts=frozenset(name for name in parts if (*_PARTS, name) not in covered.hidden),
        withheld=_PARTS in covered.withheld,
    )


def _add(figures: Figures, group: Group, line: Line, each: Collection[str]) -> None:
    values: dict[Cell, int] = {(_PEOPLE, *group): line.people}
    values |= {(kind, *group): n for kind, n in line.amounts.items()}
    figures.values |= values
    figures.cells[group] = tuple(values)
    figures.people[group] = line.people
    figures.relations += [
        at_most([((_PEOPLE, *group), 1)], [((kind, *group), 1)])
        for kind in line.amounts
        if kind in each
    ]


def _relations(
    groups: Collection[Group], lines: Mapping[Group, Line], apart: bool
) -> Iterator[Relation[Cell]]:
    for kind in lines[_WHOLE].amounts:
        parts = [(kind, *group) for group in groups if kind in lines[group].amounts]
        yield adds_up((kind, *_WHOLE), parts)
    people = [(_PEOPLE, *group) for group in groups]
    if apart:
        yield adds_up((_PEOPLE, *_WHOLE), people)
        return
    yield at_most([((_PEOPLE, *_WHOLE), 1)], [(part, 1) for part in people])
    yield from (at_most([(part, 1)], [((_PEOPLE, *_WHOLE), 1)]) for part in people)
