"""A month of the whole city as it is published: the tree, and each service's page at each agency,
covered together. Pure.

Everything that is shown anywhere of a month comes from here, so that a cell which is hidden on one
page can't be worked out from another page or file.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.insight.covering import Covered, Figures, Group, cover
from citycard.insight.figures import BandFigure, Counts, DayFigure, PlaceFigure, ScoreFigure
from citycard.insight.figures import Figures as Page
from citycard.insight.funnel import AGAIN, ANYWHERE, CAME, CARDED, HOLDERS, REGULAR, StepFigure
from citycard.insight.gathering import (
    SCORES,
    Account,
    Gatherer,
    MonthCounts,
    cell_of,
    offered_bands,
    people_of,
    spans,
    uses_of,
)
from citycard.insight.tree import Cell as Branch
from citycard.insight.tree import Node, grow


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
        together=counts.together,
    )
    figures = Gatherer(counts, least).gather(branch)
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
            uses=self._value(uses_of(branch.code)),
            people=self._value(people_of(branch.code)) if branch.counted else None,
            children=() if withheld else tuple(self.node(child) for child in branch.children),
            withheld=withheld,
            counted=branch.counted,
        )

    def page(self, branch: Branch, account: Account) -> Page:
        counts = self._counts.accounts.get(account)
        if counts is None or branch.people < self._least:
            return self._empty(account)
        code, people = branch.code, self._value(people_of(branch.code))
        new, known = self._new(account, counts, people)
        return Page(
            service=account[0],
            agency=account[1],
            month=self._counts.month,
            least=self._least,
            uses=self._value(uses_of(code)),
            people=people,
            new_people=new,
            known_people=known,
            refusals=counts.refusals if counts.refusals >= self._least else None,
            places=() if ("parts", code) in self._withheld else self._places(branch),
            days=() if ("days", *account) in self._withheld else self._days(account, counts),
            **self._regularity(account, counts),
            **self._satisfaction(account),
            funnel=tuple(self._funnel(branch, account, counts)),
        )

    def _funnel(self, branch: Branch, account: Account, counts: Counts) -> Iterator[StepFigure]:
        """Yield from who may come to who comes often; steps that aren't offered are left out."""
        service, _agency = account
        need = self._counts.needs.get(service, "")
        if (CARDED, need) in self._figures.cells:
            for step in (HOLDERS, CARDED) if need else (CARDED,):
                yield StepFigure(step=step, of=need, people=self._value((step, need)))
        if sum(len(about) == 2 and about[0] == service for about in self._counts.people) > 1:
            everywhere = branch.code.rpartition("/")[0]
            yield StepFigure(step=ANYWHERE, people=self._value(people_of(everywhere)))
        yield StepFigure(step=CAME, people=self._value(people_of(branch.code)))
        if offered_bands(counts, self._counts.bands.days, self._least):
            yield StepFigure(step=AGAIN, people=self._value(("returning", *account)))
        if ("regular", *account) in self._figures.cells:
            days, people = self._counts.regular_days, self._value(("regular", *account))
            yield StepFigure(step=REGULAR, people=people, days=days)

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
        return None if group in self._hidden else self._figures.values[cell_of(group)]

    def _places(self, branch: Branch) -> tuple[PlaceFigure, ...]:
        """List the busiest place first; hidden ones come last, by name: their rank would tell their
        size."""
        found = [
            PlaceFigure(
                agency=child.about[1],
                place=child.about[2],
                uses=self._value(uses_of(child.code)),
                people=self._value(people_of(child.code)),
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
