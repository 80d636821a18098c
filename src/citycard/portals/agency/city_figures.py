"""The whole city as every agency may see it: agencies side by side, and the tree of uses."""

import datetime as dt
import itertools
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.infra.clock import city_time, now
from citycard.infra.web import charts, wording
from citycard.insight import api as insight
from citycard.portals import city_figures
from citycard.portals.agency.figures import ROLES, tabs
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.doors import door
from citycard.portals.naming import name_of


@door(roles=ROLES)
def city(request: HttpRequest) -> HttpResponse:
    """Show the city's tree of one or more months."""
    months = insight.months()
    if not months:
        return page(request, "figures_empty", tabs=tabs("city"))
    file_url = reverse("agency:city_csv").removesuffix(".csv")
    facts = city_figures.dashboard(request, months=months, file_url=file_url)
    return page(request, "city", tabs=tabs("city"), **facts)


@door(roles=ROLES)
def city_file(request: HttpRequest, ending: str) -> HttpResponse:
    """Download the whole tree as CSV or Parquet."""
    return city_figures.dashboard_file(request, months=insight.months(), ending=ending)


@door(roles=ROLES)
def comparison(request: HttpRequest) -> HttpResponse:
    """Show all agencies' services of one category, counted by one definition."""
    months = insight.months()
    if not months:
        return page(request, "figures_empty", tabs=tabs("comparison"))
    month = city_figures.chosen_range(request, months).last
    found = insight.comparison(month=month, category=request.GET.get("category", ""))
    query = urlencode({"month": f"{month:%Y-%m}", "category": found.category.code})
    own = set(own_agencies(request))
    shared = {code for code, it in insight.measures().items() if it.shared}
    rows = [_row(row, own) for row in found.rows]
    return page(
        request,
        "comparison",
        tabs=tabs("comparison"),
        category=found.category.code,
        category_name=city_figures.node_name(found.category),
        categories=[
            (node.code, city_figures.node_name(node))
            for node in insight.categories(top=insight.city_tree(month=month))
        ],
        month_name=wording.month(month),
        is_running=month == city_time().month(now()),
        months=[(f"{it:%Y-%m}", wording.month(it), it == month) for it in months],
        counted_through=insight.counted_through(now=now()),
        rows=rows,
        services=[_service(node, found) for node in found.services],
        shared=shared,
        hides_something=any(row["page"].uses is None or row["page"].people is None for row in rows),
        least=found.least,
        chart=_chart(rows),
        measures=city_figures.measures(*(code for code in insight.measures() if code in shared)),
        csv_url=f"{reverse('agency:comparison_csv')}?{query}",
        parquet_url=f"{reverse('agency:comparison_parquet')}?{query}"
        if insight.writes_parquet()
        else "",
    )


@door(roles=ROLES)
def comparison_file(request: HttpRequest, ending: str) -> HttpResponse:
    """Download the comparison as CSV or Parquet."""
    month = city_figures.chosen_range(request, insight.months()).last
    found = insight.comparison(month=month, category=request.GET.get("category", ""))
    sheet = insight.comparison_sheet(comparison=found, month=f"{month:%Y-%m}", name_of=name_of)
    return city_figures.file_of(sheet, name=f"comparison-{month:%Y-%m}.{ending}", ending=ending)


def _row(row: insight.Compared, own: set[str]) -> dict[str, Any]:
    service, agency = name_of("service", row.page.service), name_of("agency", row.page.agency)
    return {
        "page": row.page,
        "service": service,
        "agency": agency,
        "is_own": row.page.agency in own,
        "trend": row.trend_percent,
        "spark": _spark(row, f"{agency} {service}"),
    }


def _service(node: insight.Node, found: insight.Comparison) -> dict[str, Any]:
    """Tell of a service over all agencies: its people, and how many it could have."""
    pages = [row.page for row in found.rows if row.page.service == node.own_code]
    steps = {step.step: step.people for page in pages for step in page.funnel}
    carded = steps.get("carded")
    return {
        "name": city_figures.node_name(node),
        "node": node,
        "steps": steps,
        "reached": f"{100 * node.people / carded:.1f}%" if carded and node.people else "",
    }


def _spark(row: insight.Compared, name: str) -> str:
    """Draw people month by month since the last hidden month, whose gap would be a guess."""
    shown = list(itertools.takewhile(lambda one: one[1] is not None, reversed(row.history)))[::-1]
    if len(shown) < 2:
        return "—"
    about = _("%(name)s，每月使用人數：%(values)s") % {
        "name": name,
        "values": "、".join(_told(month, people) for month, people in shown),
    }
    return charts.sparkline([people or 0 for _month, people in shown], about)


def _told(month: dt.date, people: int | None) -> str:
    return f"{month:%Y-%m} {charts.shown(people)}"


def _chart(rows: list[dict[str, Any]]) -> charts.Figure | None:
    several = len({row["service"] for row in rows}) > 1
    items = [
        (f"{row['agency']} · {row['service']}" if several else row["agency"], row["page"].uses)
        for row in rows
    ]
    if not any(value for _name, value in items):
        return None
    [uses] = city_figures.measures("uses")
    return charts.bars(
        uses["name"], items, unit=uses["unit"], label=_("機關"), about=uses["definition"]
    )
