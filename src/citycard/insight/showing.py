"""Reads of the figures, as they may be shown: each month is covered once, over all of its
tables."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from citycard.infra.journal import lag
from citycard.infra.packs import current_pack
from citycard.insight.answers import answers_of
from citycard.insight.city_people import city_people
from citycard.insight.comparing import Comparison, compare
from citycard.insight.editions import editions, keep_edition, next_edition
from citycard.insight.figures import Answers, Figures
from citycard.insight.gathering import MonthCounts
from citycard.insight.keeping import until_changed
from citycard.insight.measuring import (
    bands,
    least_people,
    months_of_history,
    regular_days,
)
from citycard.insight.month_counts import counts_of
from citycard.insight.publishing import Published, publish
from citycard.insight.queries import months, of_city
from citycard.insight.reach import needs, reach_of
from citycard.insight.tree import Node, added

FOLLOWER = "insight.usage"
"""The subscriber that takes taps into the figures."""


@dataclass(frozen=True, kw_only=True)
class MonthTotal:
    """A month's uses of one service at one agency; None where hidden."""

    month: dt.date
    uses: int | None
    people: int | None


def published(*, through: dt.date) -> dict[dt.date, Published]:
    """Return every month up to one as it may be shown, oldest first; one that went out as it was.

    :param through: first day of the last month
    """
    found: dict[dt.date, Published] = {}
    before: Counter[str] = Counter()
    out = editions(through=through)
    for month in sorted(month for month in months() if month <= through):
        found[month] = out.get(month) or _month(month, before)
        before += _newcomers(found[month])
    return found


def keep_editions(*, now: dt.datetime) -> list[dt.date]:
    """Let the months go out whose late days are over, oldest first; return which went now."""
    kept = []
    while (month := next_edition(now=now)) is not None:
        keep_edition(edition=published(through=month)[month], now=now)
        kept.append(month)
    return kept


def city_tree(*, month: dt.date, last: dt.date | None = None) -> Node:
    """Return the city's tree of uses in a month: it adds up from places to everything.

    :param month: first day of the month
    :param last: first day of the last month of a range; what is hidden in one of its months is
        hidden in the sum
    """
    if last is None or last <= month:
        return _of(month).top
    found = published(through=last)
    tops = [each.top for each in found.values() if each.month >= month]
    return added(tops) if tops else _of(month).top


def comparison(*, month: dt.date, category: str = "") -> Comparison:
    """Return all agencies' services of one category of the city's tree, side by side.

    :param month: first day of the month
    :param category: code of the tree's node; the first one with services where it is unknown
    """
    months = published(through=month)
    months.setdefault(month, _of(month))
    return compare(months, month=month, category=category, count=months_of_history())


def service_figures(*, agency: str, service: str, month: dt.date) -> Figures:
    """Return one service's figures in a month at one agency.

    :param month: first day of the month
    """
    nothing = Figures(
        service=service, agency=agency, month=month, least=least_people(), uses=0, people=0
    )
    return _of(month).pages.get((service, agency), nothing)


def month_totals(*, agency: str, service: str, newest: dt.date) -> list[MonthTotal]:
    """Return a service's totals month by month as far back as the pack says, oldest first; months
    without any use are left out."""
    pages = [
        month.pages[service, agency]
        for month in list(published(through=newest).values())[-months_of_history() :]
        if (service, agency) in month.pages
    ]
    return [MonthTotal(month=it.month, uses=it.uses, people=it.people) for it in pages]


def counted_through(*, now: dt.datetime) -> dt.datetime:
    """Return up to which moment of arrival every tap is in the figures."""
    waiting = [each.seconds for each in lag() if each.subscriber == FOLLOWER]
    return now - dt.timedelta(seconds=max(waiting, default=0.0))


def _of(month: dt.date) -> Published:
    return published(through=month).get(month) or _month(month, {})


def _month(month: dt.date, before: Mapping[str, int]) -> Published:
    """Return a month, worked out anew where its figures or what earlier months told have
    changed."""
    answers = answers_of(month=month)
    together = city_people(month=month)
    reach = reach_of(month=month)
    told = (
        *sorted(before.items()),
        repr((sorted(answers.items()), sorted(reach.items()))),
        *sorted(together.items()),
    )
    return until_changed(
        ("published", month, current_pack().hash, told),
        lambda: publish(
            replace(_counts(month, before, answers, together), reach=reach), least=least_people()
        ),
        month=month,
    )


def _counts(
    month: dt.date,
    before: Mapping[str, int],
    answers: Mapping[tuple[str, str], Answers],
    together: Mapping[str, int],
) -> MonthCounts:
    leaves, people = of_city(month)
    services = current_pack().table("services")["services"]
    accounts = sorted({(leaf.service, leaf.agency) for leaf in leaves})
    return MonthCounts(
        month=month,
        shape=current_pack().table("kpis")["city_tree"],
        service_names={code: row["name"] for code, row in services.items()},
        leaves=leaves,
        people=people,
        accounts={
            (service, agency): counts_of(agencies=[agency], service=service, month=month)
            for service, agency in accounts
        },
        answers=answers,
        together=together,
        known_before=before,
        bands=bands(),
        needs=needs(),
        regular_days=regular_days(),
    )


def _newcomers(month: Published) -> Counter[str]:
    """Tell how many people a month surely was the first of, service by service: the most that one
    agency's page shows (another's may be the same people)."""
    most: Counter[str] = Counter()
    for (service, _agency), page in month.pages.items():
        most[service] = max(most[service], page.new_people or 0)
    return most
