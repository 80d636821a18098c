"""A month of the whole city as it is published: the tree, and each service's page at each agency,
covered together. Pure.

Everything that is shown anywhere of a month comes from here, so that a cell which is hidden on one
page can't be worked out from another page or file.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from citycard.insight.covering import Cell, Covered, Figures, Group, Table, cover
from citycard.insight.figures import (
    Answers,
    BandFigure,
    Counts,
    DayFigure,
    PlaceFigure,
    ScoreFigure,
)
from citycard.insight.figures import Figures as Page
from citycard.insight.narrowing import Relation, adds_up, at_most
from citycard.insight.tree import Cell as Branch
from citycard.insight.tree import Leaf, Names, Node, People, grow

SCORES = range(1, 6)
Account = tuple[str, str]
"""A service at an agency."""


@dataclass(frozen=True, kw_only=True)
class Bands:
    """Where the tables of days begin a new line, as the pack has it: (1, 2, 4, 8) means 1, 2 to 3,
    4 to 7, 8 and more days."""

    days: tuple[int, ...] = (1, 2, 4, 8)
    intervals: tuple[int, ...] = (1, 2, 4, 8, 15)


@dataclass(frozen=True, kw_only=True)
class MonthCounts:
    """What was counted in a month; never shown as it is.

    :ivar known_before: per service, how many people's first use is shown for earlier months: the
        sum of their published new people; absent in a service's first month
    """

    month: dt.date
    shape: Mapping[str, Any]
    service_names: Mapping[str, Names]
    leaves: Sequence[Leaf]
    people: People
    accounts: Mapping[Account, Counts]
    answers: Mapping[Account, Answers] = field(default_factory=dict)
    known_before: Mapping[str, int] = field(default_factory=dict)
    bands: Bands = field(default_factory=Bands)


@dataclass(frozen=True, kw_only=True)
class Published:
    """A month as it may be shown.

    :ivar pages: every service's page at every agency where it was used
    """

    month: dt.date
    least: int
    top: Node
    pages: Mapping[Account, Page]

    def service(self, code: str) -> Node | None:
        """Return a service's node, which knows its people over all agencies."""
        return next(
            (it for it in self.top.walk() if it.kind == "service" and it.own_code == code), None
        )


def publish(counts: MonthCounts, *, least: int) -> Published:
    """Hide over all tables of a month at once what speaks of fewer than `least` people."""
    branch = grow(
        shape=counts.shape,
        service_names=counts.service_names,
        leaves=counts.leaves,
        people=counts.people,
    )
    figures = _Gatherer(counts, least).gather(branch)
    shown = _Shown(counts, least, figures, cover(figures, least=least))
    return Published(
        month=counts.month,
        least=least,
        top=shown.node(branch),
        pages={
            account: shown.page(each, account)
            for each in branch.walk()
            if each.kind == "agency"
            for account in [(each.about[0], each.about[1])]
        },
    )


class _Gatherer:
    """Gathers figures, tables, and what every reader knows of how they hang together."""

    def __init__(self, counts: MonthCounts, least: int) -> None:
        self._counts = counts
        self._least = least
        self._figures = Figures()

    def gather(self, top: Branch) -> Figures:
        for branch in top.walk():
            self._branch(branch)
            if branch.kind == "agency" and branch.people >= self._least:
                account = (branch.about[0], branch.about[1])
                if account in self._counts.accounts:
                    self._page(branch.code, account, self._counts.accounts[account])
        return self._figures

    def _branch(self, branch: Branch) -> None:
        figures, code = self._figures, branch.code
        figures.add(_uses(code), branch.people, branch.uses)
        if branch.about:
            figures.add(_people(code), branch.people, branch.known)
            figures.relations.append(_within(_uses(code), _people(code)))
        if branch.kind == "place":
            for group in (_uses(code), _people(code)):
                figures.alike[group] = (("place", *branch.about[:2]), branch.about[2])
        if branch.kind == "agency":
            figures.listed |= {_uses(code), _people(code)}  # its page is there, whatever it shows
        if branch.children:
            self._parts(branch)

    def _parts(self, branch: Branch) -> None:
        """Take in what a branch is made of; only places are there no more when they are
        withheld."""
        figures, code = self._figures, branch.code
        parts = [child.code for child in branch.children]
        bundle = ("parts", code)
        uses = Table(
            total=_uses(code),
            parts=tuple(_uses(part) for part in parts),
            bundle=bundle,
            relations=(adds_up(_cell(_uses(code)), [_cell(_uses(part)) for part in parts]),),
        )
        tables = [uses]
        if branch.about:
            people = tuple(_people(part) for part in parts)
            relations = _people_of_parts(_people(code), people)
            tables.append(
                Table(
                    total=_people(code),
                    parts=people,
                    bundle=bundle,
                    relations=tuple(relations),
                    adds=False,
                )
            )
        if branch.kind != "agency":
            figures.relations += [each for table in tables for each in table.relations]
            tables = [replace(table, relations=()) for table in tables]
        figures.tables += tables

    def _page(self, code: str, account: Account, counts: Counts) -> None:
        visits = ("visits", *account)
        # everybody came on at least one day, and no day of a person's is without a use
        self._figures.relations += [
            at_most([(_cell(_people(code)), 1)], [(visits, 1)]),
            at_most([(visits, 1)], [(_cell(_uses(code)), 1)]),
        ]
        self._days(code, account, counts, visits)
        self._regularity(code, account, counts, visits)
        if account in self._counts.answers:
            self._satisfaction(code, account, self._counts.answers[account])

    def _satisfaction(self, code: str, account: Account, answers: Answers) -> None:
        """Answers by score; there is at most one for each use."""
        figures, total = self._figures, ("answers", *account)
        figures.add(total, answers.people, sum(n for n, _people in answers.by_score.values()))
        parts: list[Group] = []
        for score in SCORES:
            count, people = answers.by_score.get(score, (0, 0))
            parts.append(("score", *account, str(score)))
            figures.add(parts[-1], people, count)
        figures.relations += [
            adds_up(_cell(total), map(_cell, parts)),
            at_most([(_cell(total), 1)], [(_cell(_uses(code)), 1)]),
        ]
        figures.tables.append(Table(total=total, parts=tuple(parts), bundle=("scores", *account)))

    def _days(self, code: str, account: Account, counts: Counts, visits: Cell) -> None:
        figures, bundle = self._figures, ("days", *account)
        uses: list[Group] = []
        people: list[Group] = []
        for day, count in sorted(counts.uses_by_day.items()):
            name = day.isoformat()
            uses.append(("day uses", *account, name))
            people.append(("day people", *account, name))
            known = counts.people_by_day.get(day, 0)
            figures.add(uses[-1], known or min(count, 1), count)
            figures.add(people[-1], known or min(count, 1), known)
            figures.alike[uses[-1]] = figures.alike[people[-1]] = (bundle, name)
        within = [_within(a, b) for a, b in zip(uses, people, strict=True)]
        figures.tables += [
            Table(
                total=_uses(code),
                parts=tuple(uses),
                bundle=bundle,
                relations=(adds_up(_cell(_uses(code)), map(_cell, uses)), *within),
            ),
            Table(
                total=_people(code),
                parts=tuple(people),
                bundle=bundle,
                adds=False,
                relations=(
                    adds_up(visits, map(_cell, people)),
                    *_people_of_parts(_people(code), people),
                ),
            ),
        ]

    def _regularity(self, code: str, account: Account, counts: Counts, visits: Cell) -> None:
        """People by days of use (once, or again), and by when they came again."""
        begins = offered_bands(counts, self._counts.bands.days, self._least)
        if not begins:
            return
        once, *more = self._bands("band", account, counts.days_of_use, begins)
        again = ("returning", *account)
        figures, everybody = self._figures, _people(code)
        people = sum(figures.people[part] for part in more)
        figures.add(again, people, people)
        figures.relations += [
            adds_up(_cell(everybody), [_cell(once), _cell(again)]),
            adds_up(_cell(again), map(_cell, more)),
            *_days_in_bands((once, *more), begins, visits),
        ]
        gaps = self._bands("interval", account, counts.intervals, self._counts.bands.intervals)
        figures.tables += [
            Table(total=everybody, parts=(once, again), bundle=("once", *account)),
            Table(total=again, parts=tuple(more), bundle=("bands", *account)),
            Table(
                total=again,
                parts=tuple(gaps),
                bundle=("intervals", *account),
                relations=(adds_up(_cell(again), map(_cell, gaps)),),
            ),
        ]

    def _bands(
        self, kind: str, account: Account, found: Mapping[int, int], begins: Sequence[int]
    ) -> list[Group]:
        groups: list[Group] = []
        for low, high in spans(begins):
            group: Group = (kind, *account, f"{low:02}")
            people = sum(n for days, n in found.items() if low <= days <= high)
            self._figures.add(group, people, people)
            groups.append(group)
        return groups


def offered_bands(counts: Counts, begins: Sequence[int], least: int) -> tuple[int, ...]:
    """Return where the lines of the table of days of use begin at one agency.

    So few may come so often that the visits alone bound a line to less than `least` people; then it
    is one with the line above. Nothing is returned where that leaves a single line.
    """
    visits = sum(days * people for days, people in counts.days_of_use.items())
    spare = visits - sum(counts.days_of_use.values())
    found = tuple(low for low in begins if low == 1 or spare // (low - 1) > least)
    return found if len(found) > 1 else ()


def _days_in_bands(
    bands: Sequence[Group], begins: Sequence[int], visits: Cell
) -> list[Relation[Cell]]:
    """Who came on 4 to 7 days is counted on 4 to 7 days."""
    cells, ends = [_cell(band) for band in bands], spans(begins)
    return [
        at_most([(c, low) for c, (low, _) in zip(cells, ends, strict=True)], [(visits, 1)]),
        at_most([(visits, 1)], [(c, high) for c, (_, high) in zip(cells, ends, strict=True)]),
    ]


def _uses(code: str) -> Group:
    return ("uses", code)


def _people(code: str) -> Group:
    return ("people", code)


def spans(begins: Sequence[int], longest: int = 31) -> list[tuple[int, int]]:
    """Return (least, most) days of each band."""
    ends = [after - 1 for after in begins[1:]] + [longest]
    return list(zip(begins, ends, strict=False))


def _cell(group: Group) -> Cell:
    """Return the one cell of a figure."""
    return ("n", *group)


def _within(uses: Group, people: Group) -> Relation[Cell]:
    """Each person has at least one use."""
    return at_most([(_cell(people), 1)], [(_cell(uses), 1)])


def _people_of_parts(total: Group, parts: Sequence[Group]) -> list[Relation[Cell]]:
    """People of a part are people of the whole, who are all in some part."""
    whole, cells = _cell(total), [_cell(part) for part in parts]
    return [
        at_most([(whole, 1)], [(cell, 1) for cell in cells]),
        *(at_most([(cell, 1)], [(whole, 1)]) for cell in cells),
    ]


class _Shown:
    """Turns true figures into what may be shown."""

    def __init__(self, counts: MonthCounts, least: int, figures: Figures, covered: Covered) -> None:
        self._counts = counts
        self._least = least
        self._figures = figures
        self._hidden = covered.hidden
        self._withheld = covered.withheld

    def node(self, branch: Branch) -> Node:
        withheld = ("parts", branch.code) in self._withheld
        return Node(
            code=branch.code,
            kind=branch.kind,
            names=branch.names,
            uses=self._value(_uses(branch.code)),
            people=self._value(_people(branch.code)) if branch.about else None,
            children=() if withheld else tuple(self.node(child) for child in branch.children),
            withheld=withheld,
        )

    def page(self, branch: Branch, account: Account) -> Page:
        counts = self._counts.accounts.get(account)
        if counts is None or branch.people < self._least:
            return self._empty(account)
        code, people = branch.code, self._value(_people(branch.code))
        new, known = self._new(account, counts, people)
        return Page(
            service=account[0],
            agency=account[1],
            month=self._counts.month,
            least=self._least,
            uses=self._value(_uses(code)),
            people=people,
            new_people=new,
            known_people=known,
            refusals=counts.refusals if counts.refusals >= self._least else None,
            places=() if ("parts", code) in self._withheld else self._places(branch),
            days=() if ("days", *account) in self._withheld else self._days(account, counts),
            **self._regularity(account, counts),
            **self._satisfaction(account),
        )

    def _regularity(self, account: Account, counts: Counts) -> dict[str, Any]:
        """Return who came again, and how often and how soon; nothing where it isn't offered."""
        begins = offered_bands(counts, self._counts.bands.days, self._least)
        if not begins:
            return {}
        gaps = () if ("intervals", *account) in self._withheld else self._counts.bands.intervals
        return {
            "returning": self._value(("returning", *account)),
            "bands": tuple(self._bands("band", account, begins)),
            "intervals": tuple(self._bands("interval", account, gaps)),
        }

    def _satisfaction(self, account: Account) -> dict[str, Any]:
        """Return how many answered, and what; nothing where nobody did."""
        if account not in self._counts.answers:
            return {"answered": 0}
        total = self._value(("answers", *account))
        if ("scores", *account) in self._withheld:
            return {"answered": total}
        scores = [
            ScoreFigure(score=score, times=self._value(("score", *account, str(score))))
            for score in SCORES
        ]
        return {"answered": total, "scores": tuple(scores)}

    def _empty(self, account: Account) -> Page:
        return Page(
            service=account[0],
            agency=account[1],
            month=self._counts.month,
            least=self._least,
            uses=None,
            people=None,
        )

    def _new(
        self, account: Account, counts: Counts, people: int | None
    ) -> tuple[int | None, int | None]:
        """Tell new people and known ones only together, and only where both are nobody's secret:
        those
        known must also fit into what earlier months told of, or they would tell of a hidden
        month."""
        before = self._counts.known_before.get(account[0])
        if people is None:
            return None, None
        new, known = counts.new_people, people - counts.new_people
        if before is None:
            return (new, 0) if known == 0 else (None, None)
        fits = min(new, known) >= self._least and known <= before
        return (new, known) if fits else (None, None)

    def _value(self, group: Group) -> int | None:
        return None if group in self._hidden else self._figures.values[_cell(group)]

    def _places(self, branch: Branch) -> tuple[PlaceFigure, ...]:
        """List the busiest place first; hidden ones come last, by name: their rank would tell their
        size."""
        found = [
            PlaceFigure(
                agency=child.about[1],
                place=child.about[2],
                uses=self._value(_uses(child.code)),
                people=self._value(_people(child.code)),
            )
            for child in branch.children
        ]
        return tuple(sorted(found, key=lambda it: (it.uses is None, -(it.uses or 0), it.place)))

    def _days(self, account: Account, counts: Counts) -> tuple[DayFigure, ...]:
        found = []
        for day in sorted(counts.uses_by_day):
            uses = self._value(("day uses", *account, day.isoformat()))
            people = self._value(("day people", *account, day.isoformat()))
            found.append(DayFigure(day=day, uses=uses, people=people))
        return tuple(found)

    def _bands(self, kind: str, account: Account, begins: Sequence[int]) -> Iterator[BandFigure]:
        for low, high in spans(begins):
            people = self._value((kind, *account, f"{low:02}"))
            yield BandFigure(least_days=low, most_days=high, people=people)
