"""Agencies beside each other: the same figures, counted by one definition. Pure.

Only what a month publishes anyway (`publishing`) is put side by side, so nothing hidden comes out.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from citycard.insight.figures import Figures
from citycard.insight.publishing import Published
from citycard.insight.tree import Node


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A service at one agency, as the others see it.

    :ivar history: (month, people) of the last months, oldest first; None where hidden
    """

    page: Figures
    history: tuple[tuple[dt.date, int | None], ...]

    @property
    def trend_percent(self) -> float | None:
        """Return how many more or fewer people came than in the month before, in hundredths; None
        where either month is hidden or has none."""
        shown = [people for _, people in self.history[-2:]]
        if len(shown) < 2 or not shown[0] or shown[1] is None:
            return None
        return round(100 * (shown[1] - shown[0]) / shown[0], 1)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A category of services with all agencies that serve them.

    :ivar services: the category's services in the city, which know people over all agencies
    """

    category: Node
    services: tuple[Node, ...]
    rows: tuple[Compared, ...]
    least: int


def categories(*, top: Node) -> list[Node]:
    """Return the categories of the city's tree that have services with pages of their own."""
    return [
        node
        for node in top.walk()
        if node.kind in ("all", "category") and any(it.kind == "service" for it in node.children)
    ]


def compare(
    months: Mapping[dt.date, Published], *, month: dt.date, category: str, count: int
) -> Comparison:
    """Put every agency's page of a category's services side by side, most uses first.

    :param months: the month and those before it
    :param category: code of a node of the tree; the first category where there is none such
    :param count: how many months of history
    """
    known = categories(top=months[month].top)
    chosen = next((node for node in known if node.code == category), known[0])
    services = tuple(node for node in chosen.children if node.kind == "service")
    codes = {node.own_code for node in services}
    rows = [
        Compared(page=page, history=_history(list(months.values()), account, month, count))
        for account, page in months[month].pages.items()
        if account[0] in codes
    ]
    return Comparison(
        category=chosen,
        services=services,
        rows=tuple(sorted(rows, key=_rank)),
        least=months[month].least,
    )


def _rank(row: Compared) -> tuple[bool, int, str, str]:
    """Hidden ones come last, by name: their rank would tell their size."""
    uses = row.page.uses
    return uses is None, -(uses or 0), row.page.service, row.page.agency


def _history(
    months: Sequence[Published], account: tuple[str, str], newest: dt.date, count: int
) -> tuple[tuple[dt.date, int | None], ...]:
    known = [month for month in months if month.month <= newest][-count:]
    return tuple((it.month, it.pages[account].people if account in it.pages else 0) for it in known)
