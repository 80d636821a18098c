"""Settlement with operators: a month's statement by operator, route and kind of ticket."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.fares import api as fares
from citycard.flows import ride_papers, riding_statements
from citycard.infra import papers
from citycard.infra.clock import today
from citycard.infra.web import wording
from citycard.kernel.errors import NotFound
from citycard.portals.agency.ride_differences import whose_rides
from citycard.portals.agency.ride_words import (
    column_name,
    dollars,
    operator_name,
    ticket_name,
)
from citycard.portals.agency.shell import attachment, kept_file, page
from citycard.portals.doors import door

SEES = {"finance", "officer", "auditor"}
WRITERS = {
    "csv": (papers.csv_of, papers.CSV),
    "xlsx": (papers.xlsx_of, papers.XLSX),
    "pdf": (papers.pdf_of, papers.PDF),
}


@door(roles=SEES)
def settlement(request: HttpRequest) -> HttpResponse:
    """Show a month's statement of every operator, and one operator's routes when asked for: as it
    was told with the closing, or of an open month as it stands now."""
    month, months = _month(request)
    found = fares.operator_statement(month=month)
    lines, chosen = found.lines, request.GET.get("operator", "")
    own = [line for line in lines if line.operator == chosen]
    since = fares.since_told(month=month) if found.version else []
    every = [*lines, *since, *(line for told in found.earlier.values() for line in told)]
    columns = [name for name in fares.COLUMNS if any(it.subsidies.get(name) for it in every)]
    return page(
        request,
        "ride_settlement",
        columns=[column_name(name) for name in columns],
        operators=_operators(lines, columns),
        total=_line(_("合計"), "", lines, columns),
        chosen=operator_name(chosen) if own else "",
        chosen_code=chosen if own else "",
        routes=[
            _line(it.route or _("未註明路線"), ticket_name(it.ticket), [it], columns) for it in own
        ],
        month=f"{month:%Y-%m}",
        month_name=wording.month(month),
        months=[(f"{it:%Y-%m}", wording.month(it), it == month) for it in months],
        told=found,
        files=_files(found, chosen if own else ""),
        since=_operators(since, columns),
        earlier=[
            (wording.month(of), _operators(told, columns)) for of, told in found.earlier.items()
        ],
        bookings=[(operator_name(it.operator), it) for it in found.bookings],
        waiting=sum(one.count for one in fares.difference_sums(agencies=whose_rides(request))),
    )


@door(roles=SEES)
def settlement_file(request: HttpRequest, ending: str) -> HttpResponse:
    """Download a month's statement, of one operator or of all: what was kept with the closing, to
    the byte, or of an open month what it is now."""
    month, _months = _month(request)
    chosen = request.GET.get("operator", "")
    found = fares.operator_statement(month=month)
    about = _about(found, chosen)
    if about and (paper := papers.kept(kind=riding_statements.KIND, about=about)) is not None:
        assert found.version is not None, "what is kept has a version"
        return kept_file(paper, riding_statements.file_name(month, found.version, chosen, ending))
    if ending not in WRITERS:
        raise NotFound(what="file")
    write, media_type = WRITERS[ending]
    told = chosen if any(line.operator == chosen for line in found.lines) else ""
    if chosen and not told:
        raise NotFound(what="file")
    document = ride_papers.statement(found=found, operator=told)
    name = f"operators-{month:%Y-%m}{'-' + told if told else ''}.{ending}"
    return attachment(write(document), name=name, media_type=media_type)


def _about(found: fares.Statement, operator: str) -> str:
    """Return under which name a statement is kept; empty where the month is open."""
    if found.version is None:
        return ""
    return riding_statements.about(found.month, found.version, operator)


def _files(found: fares.Statement, operator: str) -> list[tuple[str, str]]:
    """Return (ending, address) of a statement's files; what is kept has its signature."""
    if not riding_statements.operators(found):
        return []
    about = _about(found, operator)
    is_kept = about and papers.is_kept(kind=riding_statements.KIND, about=about)
    endings = [*WRITERS, *(["csv.sig"] if is_kept else [])]
    asked = f"?month={found.month:%Y-%m}" + (f"&operator={quote(operator)}" if operator else "")
    return [
        (ending.upper(), reverse("agency:ride_settlement_file", args=[ending]) + asked)
        for ending in endings
    ]


def _operators(lines: Sequence[fares.OperatorLine], columns: Sequence[str]) -> list[dict[str, Any]]:
    codes = sorted({line.operator for line in lines})
    return [_line(operator_name(code), code, _of(lines, code), columns) for code in codes]


def _of(lines: Sequence[fares.OperatorLine], operator: str) -> list[fares.OperatorLine]:
    return [line for line in lines if line.operator == operator]


def _line(
    name: str, code: str, lines: Sequence[fares.OperatorLine], columns: Sequence[str]
) -> dict[str, Any]:
    """Add lines up into one of the page."""
    return {
        "name": name,
        "code": code,
        "taps": sum(line.taps for line in lines),
        "due": dollars(sum(line.due_micro for line in lines)),
        "collected": dollars(sum(line.collected_micro for line in lines)),
        "subsidies": [
            (
                column_name(column),
                dollars(sum(line.subsidies.get(column, 0) for line in lines)),
            )
            for column in columns
        ],
        "difference": dollars(sum(line.difference_micro for line in lines)),
    }


def _month(request: HttpRequest) -> tuple[dt.date, list[dt.date]]:
    """Return the month asked for, and those that have rides, newest first."""
    months = fares.ride_months() or [today().replace(day=1)]
    wanted = request.GET.get("month", "")
    chosen = [it for it in months if f"{it:%Y-%m}" == wanted]
    return (chosen or months)[0], months
