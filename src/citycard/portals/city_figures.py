"""The city's dashboard, whichever door shows it: a tree that adds up, from everything to a
place."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from citycard.infra.clock import city_time, now
from citycard.infra.web import charts, wording
from citycard.insight import api as insight
from citycard.portals.naming import in_language, name_of

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True, kw_only=True)
class Range:
    """Calendar months, first to last."""

    first: dt.date
    last: dt.date

    @property
    def query(self) -> dict[str, str]:
        """Return it as an address has it."""
        return {"from": f"{self.first:%Y-%m}", "to": f"{self.last:%Y-%m}"}

    @property
    def name(self) -> str:
        """Return it in words."""
        if self.first == self.last:
            return wording.month(self.first)
        return f"{wording.month(self.first)} – {wording.month(self.last)}"


def chosen_range(request: HttpRequest, months: Sequence[dt.date]) -> Range:
    """Return the months asked for, else the newest one.

    :param months: those that can be shown, newest first
    """
    newest = months[0] if months else city_time().month(now())
    asked = request.GET.get("month", "")
    last = _chosen(request.GET.get("to", asked), months, newest)
    first = _chosen(request.GET.get("from", asked), months, last)
    return Range(first=min(first, last), last=max(first, last))


def closed_months() -> list[dt.date]:
    """List the months that everybody may see, newest first: those that went out.

    A month whose taps still come in grows from day to day, so that two days' files would tell one
    day's additions.
    """
    return insight.edition_months()


def dashboard(
    request: HttpRequest, *, months: Sequence[dt.date], file_url: str
) -> Mapping[str, Any]:
    """Return what the page of the city's tree says, from the node asked for two levels down.

    :param months: those that can be shown, newest first
    :param file_url: where the files are, without their ending
    """
    span = chosen_range(request, months)
    top = insight.city_tree(month=span.first, last=span.last)
    path = _path(top, request.GET.get("at", ""))
    here = path[-1]
    files = f"?{urlencode(span.query)}"
    return {
        "here": here,
        "here_name": node_name(here),
        "trail": [(node_name(node), _url(node, span)) for node in path],
        "rows": [_row(node, here, span) for node in here.children],
        "counts_people": any(node.counts_people for node in here.children),
        "chart": _chart(here, f"{file_url}.csv{files}"),
        "range": span,
        "months": [(f"{it:%Y-%m}", wording.month(it)) for it in months],
        "is_running": span.last == city_time().month(now()),
        "counted_through": insight.counted_through(now=now()),
        "hides_something": here.withheld or any(node.is_hidden for node in here.children),
        "least": insight.least_people(),
        "measures": measures("uses", "people"),
        "at": here.code,
        "csv_url": f"{file_url}.csv{files}",
        "parquet_url": f"{file_url}.parquet{files}" if insight.writes_parquet() else "",
    }


def dashboard_file(request: HttpRequest, *, months: Sequence[dt.date], ending: str) -> HttpResponse:
    """Return the whole tree as a file.

    :raises NoParquet: this city can't write Parquet
    """
    span = chosen_range(request, months)
    top = insight.city_tree(month=span.first, last=span.last)
    sheet = insight.tree_sheet(top=top, least=insight.least_people(), name_of=name_of)
    name = "city-" + "-".join(dict.fromkeys(span.query.values()))
    return file_of(sheet, name=f"{name}.{ending}", ending=ending)


def file_of(sheet: insight.Sheet, *, name: str, ending: str) -> HttpResponse:
    """Answer with figures as a file, ``csv`` or ``parquet``.

    :raises NoParquet: this city can't write Parquet
    """
    content = (
        insight.as_parquet(sheet=sheet)
        if ending == "parquet"
        else insight.as_csv(sheet=sheet).encode()
    )
    response = HttpResponse(content, content_type=MEDIA_TYPES[ending])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def measures(*codes: str) -> list[dict[str, str]]:
    """Return what figures mean, in the reader's language; all of them where none is named."""
    known = insight.measures()
    return [
        {
            "code": code,
            "name": in_language(known[code].name),
            "definition": in_language(known[code].definition),
            "unit": in_language(known[code].unit),
        }
        for code in codes or known
    ]


def node_name(node: insight.Node) -> str:
    """Return a node's name in the reader's language."""
    if node.names:
        return in_language(node.names)
    return name_of(node.kind, node.own_code) or _("未載明地點")


def _row(node: insight.Node, here: insight.Node, span: Range) -> dict[str, Any]:
    share = "" if not here.uses or node.uses is None else f"{100 * node.uses / here.uses:.1f}%"
    return {
        "node": node,
        "name": node_name(node),
        "url": _url(_below(node), span),
        "share": share,
    }


def _chart(here: insight.Node, csv_url: str) -> charts.Figure:
    """Draw this node and two levels below it; nothing hidden reaches the drawing."""
    [uses] = measures("uses")
    return charts.tree(
        _("%(name)s：使用次數") % {"name": node_name(here)},
        _drawn(here, 2),
        unit=uses["unit"],
        about=uses["definition"],
        csv_url=csv_url,
    )


def _drawn(node: insight.Node, depth: int, is_top: bool = True) -> charts.Node:
    """Draw a node and what it is made of; an only part would just repeat it, and
    parts of nothing are nothing."""
    branches = is_top or (len(node.children) > 1 and node.uses != 0)
    parts = node.children if depth and branches else ()
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


def _url(node: insight.Node, span: Range) -> str:
    return "?" + urlencode({**span.query, "at": node.code})


def _chosen(wanted: str, months: Sequence[dt.date], otherwise: dt.date) -> dt.date:
    return next((month for month in months if f"{month:%Y-%m}" == wanted), otherwise)
