"""The auditor's attack: everything that is published, taken together, to bound what is hidden.
Pure.

It reads what anybody may read (`Published`: tree, pages, months) and knows what anybody knows:
parts add up, a person has at least one use, people of a part are people of the whole, who came on 4
to 7 days is counted on 4 to 7 days, whoever is not new was new before,
each step of a funnel is part of the one before. From that it works out how
narrowly each hidden cell can be bounded (`narrowing.tightest`). It shares no rule with the hiding.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from citycard.insight.figures import BandFigure, Figures
from citycard.insight.funnel import AGAIN, ANYWHERE, CAME, CARDED, HOLDERS, REGULAR
from citycard.insight.narrowing import (
    Interval,
    Relation,
    adds_up,
    at_most,
    left_over,
    narrower,
    tightest,
)
from citycard.insight.publishing import Published
from citycard.insight.tree import Node

Cell = tuple[str, ...]
LONGEST_MONTH = 31


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """A hidden cell that can be bounded to fewer than k values apart.

    :ivar cell: its kind, month and name
    """

    cell: Cell
    least: int
    most: int


@dataclass(kw_only=True)
class Knowledge:
    """What the tables say: shown cells, hidden ones with the least they can be, and relations."""

    shown: dict[Cell, int] = field(default_factory=dict)
    hidden: dict[Cell, int] = field(default_factory=dict)
    relations: list[Relation[Cell]] = field(default_factory=list)

    def put(self, cell: Cell, value: int | None, least: int = 0) -> Cell:
        """Note a cell as a table has it."""
        if value is None:
            self.hidden[cell] = max(least, self.hidden.get(cell, 0))
        else:
            self.shown[cell] = value
        return cell


def attack(months: Sequence[Published], *, least: int) -> list[Narrowed]:
    """Return the hidden cells of these months that can be bounded to less than `least` apart.

    :param months: oldest first; the first is taken for the first month of the city's figures
    :raises Contradiction: the tables contradict each other
    """
    known = read(months)
    left = left_over(known.relations, known.shown)
    found = narrower(left, known.hidden, cells=known.hidden, than=least)
    return [Narrowed(cell=cell, least=low, most=high) for cell, low, high in sorted(found)]


def bounds(months: Sequence[Published]) -> dict[Cell, Interval]:
    """Return how narrowly each hidden cell can be bounded; cells without any bound are left out."""
    known = read(months)
    left = left_over(known.relations, known.shown)
    return tightest(left, known.hidden, cells=known.hidden)


def read(months: Sequence[Published]) -> Knowledge:
    """Read every published table of these months."""
    known = Knowledge()
    for month in months:
        name = month.month.isoformat()
        _read_node(known, name, month.top)
        nodes = {(it.code.split("/")[-2], it.own_code): it for it in _agencies(month.top)}
        for account, page in sorted(month.pages.items()):
            _read_page(known, name, page)
            if account in nodes:
                _same(known, name, nodes[account], page)
            _read_funnel(known, name, page, month.service(page.service))
        _read_withheld_agencies(known, name, month)
    _read_newcomers(known, months)
    return known


def _agencies(top: Node) -> Iterator[Node]:
    return (it for it in top.walk() if it.kind == "agency")


def _read_node(known: Knowledge, month: str, node: Node) -> None:
    uses, people = _of_node(known, month, node)
    if people:
        known.relations.append(at_most([(people, 1)], [(uses, 1)]))
    for child in node.children:
        _read_node(known, month, child)
    if node.children:
        parts = [_of_node(known, month, child) for child in node.children]
        known.relations.append(adds_up(uses, [part[0] for part in parts]))
        if people:
            _covers(known, people, [part[1] for part in parts if part[1]])


def _of_node(known: Knowledge, month: str, node: Node) -> tuple[Cell, Cell | None]:
    uses = known.put(("uses", month, node.code), node.uses, 1)
    if not node.counts_people:
        return uses, None
    return uses, known.put(("people", month, node.code), node.people, 1)


def _covers(known: Knowledge, whole: Cell, parts: Sequence[Cell]) -> None:
    known.relations.append(at_most([(whole, 1)], [(part, 1) for part in parts]))
    known.relations += [at_most([(part, 1)], [(whole, 1)]) for part in parts]


def _same(known: Knowledge, month: str, node: Node, page: Figures) -> None:
    """The tree's cell of an agency is the total of its page, and so are its places."""
    for kind in ("uses", "people"):
        known.relations.append(adds_up((kind, month, node.code), [_total(kind, month, page)]))
    for place in page.places:
        for kind in ("uses", "people"):
            cell = (kind, month, f"{node.code}/{place.place}")
            if cell in known.shown or cell in known.hidden:
                mine = ("place", kind, month, page.service, page.agency, place.place)
                known.relations.append(adds_up(cell, [mine]))


def _read_withheld_agencies(known: Knowledge, month: str, published: Published) -> None:
    """Where the tree keeps a service's agencies back, their own pages still are there."""
    for node in published.top.walk():
        if node.kind == "service" and node.withheld:
            pages = [it for (service, _), it in published.pages.items() if service == node.own_code]
            uses = [_total("uses", month, page) for page in pages]
            known.relations.append(adds_up(("uses", month, node.code), uses))
            people = [_total("people", month, page) for page in pages]
            _covers(known, ("people", month, node.code), people)


def _total(kind: str, month: str, page: Figures) -> Cell:
    return ("page", kind, month, page.service, page.agency)


def _read_page(known: Knowledge, month: str, page: Figures) -> None:
    about = (month, page.service, page.agency)
    uses = known.put(_total("uses", month, page), page.uses, 1)
    people = known.put(_total("people", month, page), page.people, 1)
    visits = ("visits", *about)
    known.relations += [
        at_most([(people, 1)], [(uses, 1)]),
        at_most([(people, 1)], [(visits, 1)]),
        at_most([(visits, 1)], [(uses, 1)]),
    ]
    _read_places(known, about, page, uses, people)
    _read_days(known, about, page, uses, people, visits)
    _read_regularity(known, about, page, people, visits)
    _read_satisfaction(known, about, page, uses)


def _read_places(
    known: Knowledge, about: tuple[str, ...], page: Figures, uses: Cell, people: Cell
) -> None:
    parts = [(it.place, it.uses, it.people) for it in page.places]
    _read_parts(known, "place", about, parts, uses, people)


def _read_days(
    known: Knowledge, about: tuple[str, ...], page: Figures, uses: Cell, people: Cell, visits: Cell
) -> None:
    parts = [(it.day.isoformat(), it.uses, it.people) for it in page.days]
    found = _read_parts(known, "day", about, parts, uses, people)
    known.relations.append(adds_up(visits, found))
    if not parts:  # the other days, of which each has at most everybody
        known.relations.append(at_most([(found[1], 1)], [(people, LONGEST_MONTH - 1)]))


def _read_parts(
    known: Knowledge,
    kind: str,
    about: tuple[str, ...],
    parts: Sequence[tuple[str, int | None, int | None]],
    uses: Cell,
    people: Cell,
) -> list[Cell]:
    """Read a table of uses and people; of a withheld one anybody knows that there is some part and
    what is not in it."""
    if not parts:
        return _read_withheld(known, kind, about, uses, people)
    cells = []
    for name, its_uses, its_people in parts:
        a = known.put((kind, "uses", *about, name), its_uses, 1)
        b = known.put((kind, "people", *about, name), its_people, 1)
        known.relations.append(at_most([(b, 1)], [(a, 1)]))
        cells.append((a, b))
    known.relations.append(adds_up(uses, [a for a, _ in cells]))
    _covers(known, people, [b for _, b in cells])
    return [b for _, b in cells]


def _read_withheld(
    known: Knowledge, kind: str, about: tuple[str, ...], uses: Cell, people: Cell
) -> list[Cell]:
    one = [known.put((kind, what, *about, "some"), None) for what in ("uses", "people")]
    rest = [(kind, what, *about, "rest") for what in ("uses", "people")]
    known.relations += [
        adds_up(uses, [one[0], rest[0]]),
        at_most([(one[1], 1)], [(one[0], 1)]),
        at_most([(rest[1], 1)], [(rest[0], 1)]),
        at_most([(one[1], 1)], [(people, 1)]),
        at_most([(people, 1)], [(one[1], 1), (rest[1], 1)]),
    ]
    return [one[1], rest[1]]


def _read_regularity(
    known: Knowledge, about: tuple[str, ...], page: Figures, people: Cell, visits: Cell
) -> None:
    if not page.bands:  # a table that isn't offered has no cells
        return
    again = known.put(("returning", *about), page.returning)
    bands = [
        known.put(("band", *about, str(it.least_days)), it.people, floor)
        for it, floor in zip(page.bands, _floors(page), strict=True)
    ]
    if bands:
        ends = [(it.least_days, it.most_days) for it in page.bands]
        known.relations += [
            adds_up(people, bands),
            adds_up(again, bands[1:]),
            at_most([(b, low) for b, (low, _) in zip(bands, ends, strict=True)], [(visits, 1)]),
            at_most([(visits, 1)], [(b, high) for b, (_, high) in zip(bands, ends, strict=True)]),
        ]
    gaps = [
        known.put(("interval", *about, str(it.least_days)), it.people, _listed(page.intervals))
        for it in page.intervals
    ]
    if gaps:
        known.relations.append(adds_up(again, gaps))


def _read_funnel(known: Knowledge, month: str, page: Figures, service: Node | None) -> None:
    """Each step is part of the one before, and some steps are figures that stand elsewhere, too."""
    about = (month, page.service, page.agency)
    steps = {step.step: step for step in page.funnel}
    cells = {
        code: known.put(("step", code, month, step.of), step.people)
        if code in (HOLDERS, CARDED)
        else known.put(("step", code, *about), step.people)
        for code, step in steps.items()
    }
    order = list(cells.values())
    known.relations += [at_most([(b, 1)], [(a, 1)]) for a, b in itertools.pairwise(order)]
    everywhere = ("people", month, service.code) if service else None
    same = {CAME: _total("people", month, page), AGAIN: ("returning", *about)}
    same |= {ANYWHERE: everywhere} if everywhere else {}
    known.relations += [adds_up(same[it], [cell]) for it, cell in cells.items() if it in same]
    if everywhere and CARDED in cells:
        known.relations.append(at_most([(everywhere, 1)], [(cells[CARDED], 1)]))
    if REGULAR in cells:
        days = steps[REGULAR].days
        often = [it for it in page.bands if it.least_days >= days]
        lines = [("band", *about, str(it.least_days)) for it in often]
        known.relations.append(adds_up(cells[REGULAR], lines))


def _read_satisfaction(known: Knowledge, about: tuple[str, ...], page: Figures, uses: Cell) -> None:
    """There is at most one answer for each use."""
    answers = known.put(("answers", *about), page.answered)
    known.relations.append(at_most([(answers, 1)], [(uses, 1)]))
    if page.scores:
        told = int(any(it.times is not None for it in page.scores))
        scores = [known.put(("score", *about, str(it.score)), it.times, told) for it in page.scores]
        known.relations.append(adds_up(answers, scores))


def _listed(parts: Sequence[BandFigure]) -> int:
    """Where some part is shown, an empty one would be shown, too."""
    return int(any(part.people is not None for part in parts))


def _floors(page: Figures) -> list[int]:
    """People come once or again; who comes again is told by days."""
    once, *more = page.bands
    told = page.returning is not None or once.people is not None
    return [int(told), *(_listed(more) for _ in more)]


def _read_newcomers(known: Knowledge, months: Sequence[Published]) -> None:
    """Who is not new in a month was new in one before; who is new somewhere is new in the city."""
    before: Mapping[str, list[Cell]] = defaultdict(list)
    for month in months:
        name = month.month.isoformat()
        for account, page in sorted(month.pages.items()):
            new = known.put(("new", name, *account), page.new_people)
            # nobody was there before the first month: that is no secret
            told = page.known_people if before[account[0]] else 0
            old = known.put(("known", name, *account), told)
            known.relations += [
                adds_up(_total("people", name, page), [new, old]),
                at_most([(old, 1)], [(cell, 1) for cell in before[account[0]]]),
            ]
        for service in sorted({service for service, _ in month.pages}):
            news = [("new", name, *account) for account in month.pages if account[0] == service]
            city = ("new in the city", name, service)
            _covers(known, city, news)
            before[service].append(city)
