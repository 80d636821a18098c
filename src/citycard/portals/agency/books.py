"""The finance officer's first page, the trial balance and what is outstanding."""

import datetime as dt
from collections import defaultdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from citycard.flows import clearing_papers
from citycard.infra import papers
from citycard.infra.clock import city_time, today
from citycard.infra.web import charts
from citycard.kernel.errors import NotFound
from citycard.ledger import api as ledger
from citycard.portals.agency import approvals
from citycard.portals.agency.approval_words import class_name
from citycard.portals.agency.book_words import (
    SEES,
    check_city_wide,
    month_line,
    party_name,
    unit_word,
    whose_name,
)
from citycard.portals.agency.shell import attachment, page
from citycard.portals.doors import ANYONE, actor_of, door
from citycard.portals.naming import in_language
from citycard.redemptions import api as redemptions

MONTHS_SHOWN = 24


@door(roles=SEES)
def overview(request: HttpRequest) -> HttpResponse:
    """Show what is due: months to close, approvals, differences, and what is outstanding."""
    check_city_wide(request)
    this_month = today().replace(day=1)
    known = [_month(it, this_month) for it in reversed(ledger.months())]
    due = [it for it in known if it["is_due"]]
    return page(
        request,
        "books",
        months=known[:MONTHS_SHOWN],
        due=due[-1] if due else None,
        due_count=len(due),
        waiting=len(approvals.waiting_for(request)),
        differences=redemptions.open_differences(),
        outstanding=[(unit_word(unit), it) for unit, it in ledger.outstanding().items()],
        may_move=actor_of(request).has_any_role("finance"),
    )


def _month(it: ledger.BookingMonth, this_month: dt.date) -> dict[str, Any]:
    closing = ledger.closing_of(month=it.month) if it.state == "closed" else None
    return {
        **month_line(it.month),
        "state": _state(it, closing, this_month),
        "closing": closing,
        "is_due": it.state == "open" and it.month < this_month,
    }


def _state(it: ledger.BookingMonth, closing: ledger.Closing | None, this_month: dt.date) -> str:
    if it.state == "open":
        return "due" if it.month < this_month else "running"
    return "closed" if closing is None or closing.state == "done" else "closing"


@door(roles=SEES)
def trial_balance(request: HttpRequest) -> HttpResponse:
    """Show the trial balance at the end of a day."""
    check_city_wide(request)
    on = _day(request)
    lines = ledger.trial_balance(on=on)
    by_unit: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for it in lines:
        by_unit[it.unit].append(_trial_line(it))
    return page(
        request,
        "trial_balance",
        on=on,
        on_text=on.isoformat(),
        today=today().isoformat(),
        units=[
            {
                "name": unit_word(unit),
                "lines": sorted(found, key=lambda it: (it["account"], it["whose"])),
                "debit": sum(it["debit"] for it in found),
                "credit": sum(it["credit"] for it in found),
            }
            for unit, found in by_unit.items()
        ],
    )


def _trial_line(it: ledger.TrialLine) -> dict[str, Any]:
    account = ledger.chart_account(account_class=it.account_class, unit=it.unit)
    return {
        "account": account.code,
        "name": in_language(account.name),
        "kind": class_name(it.account_class),
        "whose": whose_name(it.account_class, it.code),
        "debit": max(-it.amount, 0),
        "credit": max(it.amount, 0),
    }


_WRITERS = {
    "csv": (papers.csv_of, papers.CSV),
    "xlsx": (papers.xlsx_of, papers.XLSX),
    "pdf": (papers.pdf_of, papers.PDF),
}


@door(roles=SEES)
def trial_balance_file(request: HttpRequest, ending: str) -> HttpResponse:
    """Download the trial balance at the end of a day."""
    check_city_wide(request)
    if ending not in _WRITERS:
        raise NotFound(what="file")
    on = _day(request)
    document = clearing_papers.trial_balance(ledger.trial_balance(on=on), on)
    write, media_type = _WRITERS[ending]
    return attachment(write(document), name=f"trial-balance-{on}.{ending}", media_type=media_type)


def _day(request: HttpRequest) -> dt.date:
    """Return the day asked for, today when none was, or none that is."""
    try:
        asked = dt.date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return today()
    return min(asked, today())


@door(roles=SEES)
def liability(request: HttpRequest) -> HttpResponse:
    """Show what is outstanding by fund, last day and age, and what will probably lapse."""
    check_city_wide(request)
    found = ledger.liability(on=today())
    units = sorted({it.unit for it in found.lines})
    return page(
        request,
        "liability",
        at=city_time().midnight(found.on),
        units=[_unit_liability(found, unit) for unit in units],
    )


def _unit_liability(found: ledger.Liability, unit: str) -> dict[str, Any]:
    lines = [it for it in found.lines if it.unit == unit]
    ages: defaultdict[dt.date, int] = defaultdict(int)
    last_days: defaultdict[dt.date, int] = defaultdict(int)
    for it in lines:
        for month, amount in it.by_age.items():
            ages[month] += amount
        if it.last_day is not None:
            last_days[it.last_day.replace(day=1)] += it.amount
    expected = [it.expected_to_lapse for it in lines]
    history = found.history.get(unit)
    return {
        "name": unit_word(unit),
        "amount": sum(it.amount for it in lines),
        "expected": None if None in expected else sum(it or 0 for it in expected),
        "share": round(100 * history.share, 1) if history else None,
        "history": history,
        "ages": _columns(_("依發出月份"), _("先發出的視為先用掉。"), ages),
        "last_days": _columns(_("依到期月份"), _("過了最後一天就不能再用。"), last_days),
        "lines": [
            {"it": it, "agency": party_name(it.agency)}
            for it in sorted(lines, key=lambda it: (it.agency, it.campaign_ref))
        ],
    }


def _columns(title: str, about: str, amounts: dict[dt.date, int]) -> charts.Figure | None:
    if not amounts:
        return None
    shown = [(f"{month:%Y/%m}", amount) for month, amount in sorted(amounts.items())]
    return charts.columns(title, shown, unit=_("點"), label=_("月份"), tone="points", about=about)


@door(roles=ANYONE)
def signing_key(request: HttpRequest) -> HttpResponse:
    """Hand out the key by which anybody can check the city's signatures."""
    name = "city-signing-key.pem"
    return attachment(papers.public_key_pem(), name=name, media_type="application/x-pem-file")
