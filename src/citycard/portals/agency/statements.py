"""An agency's own statement: what became of its funds' points in a month, whom it owes for them,
and who owes it."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse

from citycard.flows import clearing_papers
from citycard.infra import papers
from citycard.infra.clock import today
from citycard.infra.web import wording
from citycard.ledger import api as ledger
from citycard.portals.agency.book_words import fund_line, party_name, position_lines, unit_word
from citycard.portals.agency.closing import statement_files
from citycard.portals.agency.shell import attachment, own_agencies, page
from citycard.portals.doors import door

ROLES = {"organiser", "finance"}
MONTHS_SHOWN = 12


@door(roles=ROLES)
def statement(request: HttpRequest) -> HttpResponse:
    """Show a month's statement."""
    month, months = month_asked(request)
    own = set(own_agencies(request))
    figures = ledger.month_figures(month=month)
    lines = [it for it in figures.lines if it.agency in own]
    return page(
        request,
        "statement",
        closing=figures.closing,
        lines=[fund_line(it) for it in lines],
        totals=_totals(lines),
        pays=position_lines([it for it in figures.positions if it.debtor in own]),
        gets=position_lines([it for it in figures.positions if it.creditor in own]),
        files=_files(figures, own),
        month=f"{month:%Y-%m}",
        month_name=wording.month(month),
        months=[(f"{it:%Y-%m}", wording.month(it), it == month) for it in months],
    )


@door(roles=ROLES)
def statement_csv(request: HttpRequest) -> HttpResponse:
    """Download a month's statement of one's own agencies as it stands now; a closed month's kept
    files stand beside it."""
    month, _ = month_asked(request)
    own = set(own_agencies(request))
    figures = ledger.month_figures(month=month)
    tables = [
        table
        for code in figures.parties
        if code in own
        for table in clearing_papers.statement(figures, code).tables
    ]
    document = papers.Document(title=f"{month:%Y-%m}", tables=tables)
    name = f"statement-{month:%Y-%m}.csv"
    return attachment(papers.csv_of(document), name=name, media_type=papers.CSV)


def _totals(lines: list[ledger.FundLine]) -> list[dict[str, Any]]:
    """Add up by unit: units never mix."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        sums = found.setdefault(
            line.unit, {"unit": unit_word(line.unit), "issued": 0, "redeemed": 0, "closing": 0}
        )
        sums["issued"] += line.changes.get("issued", 0)
        sums["redeemed"] -= line.changes.get("redeemed", 0)
        sums["closing"] += line.closing
    return list(found.values())


def _files(figures: ledger.MonthFigures, own: set[str]) -> list[dict[str, Any]]:
    closing = figures.closing
    if closing is None or closing.state != "done":
        return []
    return [
        {"name": party_name(code), "files": statement_files(closing, code)}
        for code in figures.parties
        if code in own
    ]


def month_asked(request: HttpRequest) -> tuple[dt.date, list[dt.date]]:
    """Return the month asked for, and those that may be asked for, newest first."""
    month = today().replace(day=1)
    months = []
    for _ in range(MONTHS_SHOWN):
        months.append(month)
        month = (month - dt.timedelta(days=1)).replace(day=1)
    wanted = request.GET.get("month", "")
    chosen = [it for it in months if f"{it:%Y-%m}" == wanted]
    return (chosen or months)[0], months
