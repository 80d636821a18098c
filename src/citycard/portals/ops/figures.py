"""The city's uses as a tree that adds up: categories, services, agencies, places."""

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.infra.clock import city_time, now
from citycard.infra.web import charts, wording
from citycard.insight import api as insight
from citycard.portals.doors import door
from citycard.portals.naming import in_language, name_of
from citycard.portals.ops.shell import page

ROLES = {"operator", "officer", "auditor"}


@door(roles=ROLES)
def figures(request: HttpRequest) -> HttpResponse:
    """Show a month's tree, from the node asked for two levels down."""
    months = insight.months()
    if not months:
        return page(request, "figures_empty")
    month = _chosen(request.GET.get("month", ""), months)
    top = insight.city_tree(month=month)
    path = _path(top, request.GET.get("at", ""))
    here = path[-1]
    measure = insight.measures()["uses"]
    return page(
        request,
        "figures",
        here=here,
        here_name=node_name(here),
        trail=[(node_name(node), _url(node, month)) for node in path],
        rows=[
            {"node": node, "name": node_name(node), "url": _url(_below(node), month)}
            for node in here.children
        ],
        chart=_chart(here, month, in_language(measure.definition)),
        month_name=wording.month(month),
        months=[(f"{it:%Y-%m}", wording.month(it), it == month) for it in months],
        is_running=month == city_time().month(now()),
        hides_something=any(node.is_hidden for node in here.children),
        least=insight.least_people(),
        definition=in_language(measure.definition),
        at=here.code,
        csv_url=f"{reverse('ops:figures_csv')}?month={month:%Y-%m}",
    )


@door(roles=ROLES)
def figures_csv(request: HttpRequest) -> HttpResponse:
    """Download the whole tree of a month as CSV."""
    month = _chosen(request.GET.get("month", ""), insight.months() or [city_time().month(now())])
    top = insight.city_tree(month=month)
    text = insight.tree_csv(top=top, least=insight.least_people(), name_of=name_of)
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="city-{month:%Y-%m}.csv"'
    return response


def node_name(node: insight.Node) -> str:
    """Return a node's name in the reader's language."""
    return in_language(node.names) if node.names else name_of(node.kind, node.own_code)


def _chart(here: insight.Node, month: dt.date, definition: str) -> charts.Figure:
    """Draw this node and two levels below it; nothing hidden reaches the drawing."""
    return charts.tree(
        _("%(name)s：使用次數") % {"name": node_name(here)},
        _drawn(here, 2),
        unit=_("次"),
        about=definition,
        csv_url=f"{reverse('ops:figures_csv')}?month={month:%Y-%m}",
    )


def _drawn(node: insight.Node, depth: int, is_top: bool = True) -> charts.Node:
    """Draw a node and what it is made of; an only part would just repeat it."""
    parts = node.children if depth and (is_top or len(node.children) > 1) else ()
    children = tuple(_drawn(part, depth - 1, is_top=False) for part in parts)
    return charts.Node(label=node_name(node), value=node.uses, children=children)


def _path(top: insight.Node, code: str) -> list[insight.Node]:
    """Return the nodes from the top to the one asked for; the top where there is none."""
    path = [top]
    while path[-1].code != code:
        below = [child for child in path[-1].children if f"{code}/".startswith(f"{child.code}/")]
        if not below:
            return path if path[-1].code == code else [top]
        path.append(below[0])
    return path


def _below(node: insight.Node) -> insight.Node:
    """Return where a click leads: past parts that are all there is of their whole."""
    while len(node.children) == 1 and node.children[0].children:
        node = node.children[0]
    return node


def _url(node: insight.Node, month: dt.date) -> str:
    return f"?month={month:%Y-%m}&at={node.code}"


def _chosen(wanted: str, months: list[dt.date]) -> dt.date:
    return next((month for month in months if f"{month:%Y-%m}" == wanted), months[0])
