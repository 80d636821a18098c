"""Gather a month's figures, the tables they stand in, and what every reader knows of them. Pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from citycard.insight.covering import Cell, Figures, Group, Table
from citycard.insight.figures import Answers, Counts
from citycard.insight.funnel import CARDED, HOLDERS, Reach, offered_reach
from citycard.insight.narrowing import Relation, adds_up, at_most
from citycard.insight.tree import Cell as Branch
from citycard.insight.tree import Leaf, Names, People

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

    :ivar together: different people of several services, by code of the city's tree
    :ivar known_before: per service, how many people's first use is shown for earlier months: the
        sum of their published new people; absent in a service's first month
    :ivar needs: the right that each service asks for; empty where a card will do
    :ivar reach: how many hold each right, and a card
    :ivar regular_days: from how many days of use on somebody is a regular
    """

    month: dt.date
    shape: Mapping[str, Any]
    service_names: Mapping[str, Names]
    leaves: Sequence[Leaf]
    people: People
    accounts: Mapping[Account, Counts]
    answers: Mapping[Account, Answers] = field(default_factory=dict)
    together: Mapping[str, int] = field(default_factory=dict)
    known_before: Mapping[str, int] = field(default_factory=dict)
    bands: Bands = field(default_factory=Bands)
    needs: Mapping[str, str] = field(default_factory=dict)
    reach: Mapping[str, Reach] = field(default_factory=dict)
    regular_days: int = 4


class Gatherer:
    """Gathers figures, tables, and what every reader knows of how they hang together."""

    def __init__(self, counts: MonthCounts, least: int) -> None:
        self._counts = counts
        self._least = least
        self._figures = Figures()

    def gather(self, top: Branch) -> Figures:
        """Return the figures of a city's tree and of all pages."""
        reach = reach_told(self._counts, self._least)
        for branch in top.walk():
            self._branch(branch)
            if branch.kind == "service":
                self._reach(branch, reach)
            if branch.kind == "agency" and branch.people >= self._least:
                account = (branch.about[0], branch.about[1])
                if account in self._counts.accounts:
                    self._page(branch.code, account, self._counts.accounts[account])
        return self._figures

    def _branch(self, branch: Branch) -> None:
        figures, code = self._figures, branch.code
        figures.add(uses_of(code), branch.people, branch.uses)
        if branch.counted:
            figures.add(people_of(code), branch.people, branch.known)
            figures.relations.append(_within(uses_of(code), people_of(code)))
        if branch.kind == "place":
            for group in (uses_of(code), people_of(code)):
                figures.alike[group] = (("place", *branch.about[:2]), branch.about[2])
        if branch.kind == "agency":
            figures.listed |= {
                uses_of(code),
                people_of(code),
            }  # its page is there, whatever it shows
        if branch.children:
            self._parts(branch)

    def _reach(self, branch: Branch, reach: Mapping[str, Reach]) -> None:
        """Who used a service had a card, and who had a card for it had the right."""
        need = self._counts.needs.get(branch.about[0])
        if need is None or need not in reach:
            return
        figures = self._figures
        for step, people in ((HOLDERS, reach[need].holders), (CARDED, reach[need].carded)):
            figures.add((step, need), people, people)
        figures.relations += [
            at_most([(cell_of((CARDED, need)), 1)], [(cell_of((HOLDERS, need)), 1)]),
            at_most([(cell_of(people_of(branch.code)), 1)], [(cell_of((CARDED, need)), 1)]),
        ]

    def _parts(self, branch: Branch) -> None:
        """Take in what a branch is made of; only places are there no more when they are
        withheld."""
        figures, code = self._figures, branch.code
        parts = [child.code for child in branch.children]
        bundle = ("parts", code)
        uses = Table(
            total=uses_of(code),
            parts=tuple(uses_of(part) for part in parts),
            bundle=bundle,
            relations=(
                adds_up(cell_of(uses_of(code)), [cell_of(uses_of(part)) for part in parts]),
            ),
        )
        tables = [uses]
        if branch.counted:
            people = tuple(people_of(part) for part in parts)
            relations = _people_of_parts(people_of(code), people)
            tables.append(
                Table(
                    total=people_of(code),
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
            at_most([(cell_of(people_of(code)), 1)], [(visits, 1)]),
            at_most([(visits, 1)], [(cell_of(uses_of(code)), 1)]),
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
            adds_up(cell_of(total), map(cell_of, parts)),
            at_most([(cell_of(total), 1)], [(cell_of(uses_of(code)), 1)]),
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
                total=uses_of(code),
                parts=tuple(uses),
                bundle=bundle,
                relations=(adds_up(cell_of(uses_of(code)), map(cell_of, uses)), *within),
            ),
            Table(
                total=people_of(code),
                parts=tuple(people),
                bundle=bundle,
                adds=False,
                relations=(
                    adds_up(visits, map(cell_of, people)),
                    *_people_of_parts(people_of(code), people),
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
        figures, everybody = self._figures, people_of(code)
        people = sum(figures.people[part] for part in more)
        figures.add(again, people, people)
        figures.relations += [
            adds_up(cell_of(everybody), [cell_of(once), cell_of(again)]),
            adds_up(cell_of(again), map(cell_of, more)),
            *_days_in_bands((once, *more), begins, visits),
        ]
        self._regulars(account, again, more, begins[1:])
        gaps = self._bands("interval", account, counts.intervals, self._counts.bands.intervals)
        figures.tables += [
            Table(total=everybody, parts=(once, again), bundle=("once", *account)),
            Table(total=again, parts=tuple(more), bundle=("bands", *account)),
            Table(
                total=again,
                parts=tuple(gaps),
                bundle=("intervals", *account),
                relations=(adds_up(cell_of(again), map(cell_of, gaps)),),
            ),
        ]

    def _regulars(
        self, account: Account, again: Group, lines: Sequence[Group], begins: Sequence[int]
    ) -> None:
        """Regulars are the last lines of the table of days."""
        figures, regular = self._figures, ("regular", *account)
        often = [it for it, low in zip(lines, begins, strict=True)
                 if low >= self._counts.regular_days]  # fmt: skip
        if self._counts.regular_days not in begins:
            return
        people = sum(figures.people[line] for line in often)
        figures.add(regular, people, people)
        figures.relations.append(adds_up(cell_of(regular), map(cell_of, often)))
        seldom = tuple(line for line in lines if line not in often)
        bundle = ("often", *account)
        figures.tables += [
            Table(total=again, parts=(*seldom, regular), bundle=bundle),
            Table(total=regular, parts=tuple(often), bundle=bundle),
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


def reach_told(counts: MonthCounts, least: int) -> dict[str, Reach]:
    """Return how many could use services, by the right they ask for, where it may be told."""
    people = {about[0]: n for about, n in counts.people.items() if len(about) == 1}
    return offered_reach(counts.reach, people=people, needs=counts.needs, least=least)


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
    cells, ends = [cell_of(band) for band in bands], spans(begins)
    return [
        at_most([(c, low) for c, (low, _) in zip(cells, ends, strict=True)], [(visits, 1)]),
        at_most([(visits, 1)], [(c, high) for c, (_, high) in zip(cells, ends, strict=True)]),
    ]


def uses_of(code: str) -> Group:
    """Name the figure of a branch's uses."""
    return ("uses", code)


def people_of(code: str) -> Group:
    """Name the figure of a branch's people."""
    return ("people", code)


def spans(begins: Sequence[int], longest: int = 31) -> list[tuple[int, int]]:
    """Return (least, most) days of each band."""
    ends = [after - 1 for after in begins[1:]] + [longest]
    return list(zip(begins, ends, strict=False))


def cell_of(group: Group) -> Cell:
    """Return the one cell of a figure."""
    return ("n", *group)


def _within(uses: Group, people: Group) -> Relation[Cell]:
    """Each person has at least one use."""
    return at_most([(cell_of(people), 1)], [(cell_of(uses), 1)])


def _people_of_parts(total: Group, parts: Sequence[Group]) -> list[Relation[Cell]]:
    """People of a part are people of the whole, who are all in some part."""
    whole, cells = cell_of(total), [cell_of(part) for part in parts]
    return [
        at_most([(whole, 1)], [(cell, 1) for cell in cells]),
        *(at_most([(cell, 1)], [(whole, 1)]) for cell in cells),
    ]
