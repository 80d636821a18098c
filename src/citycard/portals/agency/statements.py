"""What an agency's activities gave in a month, and what of it partners redeemed: what it owes."""

import csv
import datetime as dt
import io
from typing import Any

from django.http import HttpRequest, HttpResponse

from citycard.infra.clock import today
from citycard.infra.web import wording
from citycard.ledger import api as ledger
from citycard.portals.agency.campaign_forms import unit_name
from citycard.portals.agency.shell import attachment, own_agencies, page
from citycard.portals.doors import door
from citycard.portals.naming import name_of

ROLES = {"organiser", "finance"}
MONTHS_SHOWN = 12


@door(roles=ROLES)
def statement(request: HttpRequest) -> HttpResponse:
    """Show a month's statement."""
    month, months = _month(request)
    lines = _lines(request, month)
    return page(
        request,
        "statement",
        lines=lines,
        totals=_totals(lines),
        month=f"{month:%Y-%m}",
        month_name=wording.month(month),
        months=[(f"{it:%Y-%m}", wording.month(it), it == month) for it in months],
    )


@door(roles=ROLES)
def statement_csv(request: HttpRequest) -> HttpResponse:
    """Download a month's statement as CSV."""
    month, _ = _month(request)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["agency", "campaign", "unit", "partner", "awarded", "redeemed"])
    for agency, line in _found(request, month):
        writer.writerow(
            [agency, line.campaign_ref, line.unit, line.partner or "", line.awarded, line.redeemed]
        )
    content = b"\xef\xbb\xbf" + out.getvalue().encode()
    name = f"statement-{month:%Y-%m}.csv"
    return attachment(content, name=name, media_type="text/csv; charset=utf-8")


def _found(request: HttpRequest, month: dt.date) -> list[tuple[str, ledger.StatementLine]]:
    return [
        (agency, line)
        for agency in own_agencies(request)
        for line in ledger.statement(agency=agency, month=month)
    ]


def _lines(request: HttpRequest, month: dt.date) -> list[dict[str, Any]]:
    return [
        {
            "agency": name_of("agency", agency),
            "campaign": line.campaign_ref,
            "unit": unit_name(line.unit),
            "partner": name_of("agency", line.partner) if line.partner else "",
            "awarded": line.awarded,
            "redeemed": line.redeemed,
        }
        for agency, line in _found(request, month)
    ]


def _totals(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add up by unit: units never mix."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        sums = found.setdefault(line["unit"], {"unit": line["unit"], "awarded": 0, "redeemed": 0})
        sums["awarded"] += line["awarded"]
        sums["redeemed"] += line["redeemed"]
    return list(found.values())


def _month(request: HttpRequest) -> tuple[dt.date, list[dt.date]]:
    """Return the month asked for, and those that may be asked for, newest first."""
    month = today().replace(day=1)
    months = []
    for _ in range(MONTHS_SHOWN):
        months.append(month)
        month = (month - dt.timedelta(days=1)).replace(day=1)
    wanted = request.GET.get("month", "")
    chosen = [it for it in months if f"{it:%Y-%m}" == wanted]
    return (chosen or months)[0], months
