"""One month's clearing: who owes whom, what became of the funds; closing it, its papers."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.agencies import api as agencies
from citycard.flows import closing as closing_flow
from citycard.infra import papers
from citycard.infra.clock import now, today
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.kernel.periods import next_month
from citycard.ledger import api as ledger
from citycard.portals.agency.approvals import who
from citycard.portals.agency.book_words import (
    ACTS,
    SEES,
    check_city_wide,
    fund_line,
    month_line,
    net_lines,
    party_name,
    position_lines,
    read_month,
)
from citycard.portals.agency.matrix import who_owes_whom
from citycard.portals.agency.shell import kept_file, own_agencies, page
from citycard.portals.doors import actor_of, door

ENDINGS = ("csv", "xlsx", "pdf")
_KINDS = {"close": "ledger.close_month", "reopen": "ledger.reopen_month"}


@door(roles=SEES)
def month(request: HttpRequest, month: str) -> HttpResponse:
    """Show a month as a whole."""
    check_city_wide(request)
    return _page(request, read_month(month))


@door(roles=ACTS)
def propose(request: HttpRequest, month: str) -> HttpResponse:
    """Propose that a month be closed, or opened again; a second officer decides."""
    check_city_wide(request)
    first = read_month(month)
    kind = _KINDS.get(request.POST.get("do", "")) if request.method == "POST" else None
    if kind is None:
        return HttpResponseRedirect(reverse("agency:month", args=[month]))
    try:
        with unit_of_work():
            number = agencies.propose(
                kind=kind,
                about=f"{first:%Y-%m}",
                content={"month": first.isoformat()},
                reason=request.POST.get("reason", ""),
                actor=actor_of(request),
                now=now(),
            )
    except Refused as no:
        return _page(request, first, refused=refusal_text(no), status=422)
    messages.success(request, _("已提出，等待另一位同仁覆核。"))
    return HttpResponseRedirect(reverse("agency:approval", args=[number]))


@door(roles=SEES)
def month_file(request: HttpRequest, month: str, version: int, name: str) -> HttpResponse:
    """Download a kept file of a month as a whole, or its signature."""
    check_city_wide(request)
    about = f"{read_month(month):%Y-%m}/{version}"
    kind = closing_flow.MONTH if name.startswith("clearing-") else closing_flow.BOOKS
    return kept_file(_kept(kind, about), name)


@door(roles=SEES | {"organiser"})
def statement_file(
    request: HttpRequest, month: str, version: int, party: str, name: str
) -> HttpResponse:
    """Download a party's kept statement, or its signature: the city's books, or one's own."""
    if party not in own_agencies(request):
        check_city_wide(request)
    about = f"{read_month(month):%Y-%m}/{version}/{party}"
    return kept_file(_kept(closing_flow.STATEMENT, about), name)


def statement_files(closing: ledger.Closing, party: str) -> list[tuple[str, str]]:
    """Return (ending, address) of the files of a party's statement."""
    month = f"{closing.month:%Y-%m}"
    stem = f"statement-{month}-v{closing.version}-{party}"
    return [
        (
            ending.upper(),
            reverse(
                "agency:statement_file", args=[month, closing.version, party, f"{stem}.{ending}"]
            ),
        )
        for ending in (*ENDINGS, "csv.sig")
    ]


def _kept(kind: str, about: str) -> papers.Paper:
    found = papers.kept(kind=kind, about=about)
    if found is None:
        raise NotFound(what="file")
    return found


def _page(
    request: HttpRequest, first: dt.date, refused: str = "", status: int = 200
) -> HttpResponse:
    figures = ledger.month_figures(month=first)
    closing = ledger.closing_of(month=first)
    versions = ledger.closings(month=first)
    actor = actor_of(request)
    is_over = next_month(first) <= today()
    return page(
        request,
        "month",
        status=status,
        month=month_line(first),
        refused=refused,
        reason=request.POST.get("reason", ""),
        closing=closing,
        closed_by=_officers(closing),
        is_over=is_over,
        waits=_waiting(first),
        may_close=closing is None
        and is_over
        and agencies.may_propose(kind=_KINDS["close"], actor=actor),
        may_reopen=closing is not None
        and closing.state == "done"
        and agencies.may_propose(kind=_KINDS["reopen"], actor=actor),
        nets=net_lines(figures.nets),
        matrix=who_owes_whom(figures.positions),
        positions=position_lines(figures.positions),
        unpriced=any(it.worth is None for it in figures.positions),
        lines=[fund_line(it) for it in figures.lines],
        versions=[_version(it) for it in versions if it.state == "done"],
        statements=_statements(closing, figures),
    )


def _officers(closing: ledger.Closing | None) -> tuple[str, str] | None:
    return (who(closing.made_by), who(closing.approved_by)) if closing else None


def _waiting(first: dt.date) -> agencies.Proposal | None:
    """Return the proposal about this month that waits, if one does."""
    found = [
        it
        for kind in _KINDS.values()
        for it in agencies.proposals(kind=kind)
        if it.about == f"{first:%Y-%m}"
    ]
    return found[0] if found else None


def _version(it: ledger.Closing) -> dict[str, Any]:
    month = f"{it.month:%Y-%m}"
    stem = f"{month}-v{it.version}"

    def addresses(name: str, endings: tuple[str, ...]) -> list[tuple[str, str]]:
        return [
            (
                ending.upper(),
                reverse("agency:month_file", args=[month, it.version, f"{name}-{stem}.{ending}"]),
            )
            for ending in endings
        ]

    signed = (*ENDINGS, "csv.sig")
    return {
        "it": it,
        "papers": [
            (_("清分總表"), addresses("clearing", signed)),
            (_("試算表"), addresses("trial-balance", signed)),
            (_("傳票（匯入會計系統）"), addresses("journal", ("csv", "csv.sig"))),
        ],
    }


def _statements(
    closing: ledger.Closing | None, figures: ledger.MonthFigures
) -> list[dict[str, Any]]:
    if closing is None or closing.state != "done":
        return []
    return [
        {"name": party_name(code), "files": statement_files(closing, code)}
        for code in figures.parties
    ]
