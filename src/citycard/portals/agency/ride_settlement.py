"""Settlement with operators: a month's statement by operator, route and kind of ticket."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from citycard.fares import api as fares
from citycard.flows import ride_papers
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
from citycard.portals.agency.shell import attachment, page
from citycard.portals.doors import door

SEES = {"finance", "officer", "auditor"}
WRITERS = {
    "csv": (papers.csv_of, papers.CSV),
    "xlsx": (papers.xlsx_of, papers.XLSX),
    "pdf": (papers.pdf_of, papers.PDF),
}


@door(roles=SEES)
def settlement(request: HttpRequest) -> HttpResponse:
    """Show a month's statement of every operator, and one operator's routes when asked for."""
    month, months = _month(request)
    lines = fares.operator_month(month=month)
    operators = sorted({line.operator for line in lines})
    chosen = request.GET.get("operator", "")
    own = [line for line in lines if line.operator == chosen]
    columns = [name for name in fares.COLUMNS if any(it.subsidies.get(name) for it in lines)]
    return page(
        request,
        "ride_settlement",
        columns=[column_name(name) for name in columns],
        operators=[
            _line(operator_name(code), code, _of(lines, code), columns) for code in operators
        ],
        total=_line(_("合計"), "", lines, columns),
        chosen=operator_name(chosen) if own else "",
        chosen_code=chosen if own else "",
        routes=[
            _line(it.route or _("未註明路線"), ticket_name(it.ticket), [it], columns) for it in own
        ],
        month=f"{month:%Y-%m}",
        month_name=wording.month(month),
        months=[(f"{it:%Y-%m}", wording.month(it), it == month) for it in months],
        waiting=sum(one.count for one in fares.difference_sums(agencies=whose_rides(request))),
    )


@door(roles=SEES)
def settlement_file(request: HttpRequest, ending: str) -> HttpResponse:
    """Download a month's statement as it stands now, of one operator or of all."""
    month, _months = _month(request)
    chosen = request.GET.get("operator", "")
    if ending not in WRITERS:
        raise NotFound(what="file")
    lines = fares.operator_month(month=month, operators=[chosen] if chosen else None)
    write, media_type = WRITERS[ending]
    document = ride_papers.statement(month=month, lines=lines)
    name = f"operators-{month:%Y-%m}{'-' + chosen if lines and chosen else ''}.{ending}"
    return attachment(write(document), name=name, media_type=media_type)


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
