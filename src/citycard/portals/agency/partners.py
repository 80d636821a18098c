"""What partners gave in a month, by day and place, and what is left of the city's deposit."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.infra.clock import now, today
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web import wording
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.portals.agency.book_words import check_city_wide
from citycard.portals.agency.shell import page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of
from citycard.redemptions import api as redemptions

SEES = {"finance", "officer", "auditor"}
PAYS = {"finance"}
MONTHS_SHOWN = 12


@door(roles=SEES)
def partners(request: HttpRequest) -> HttpResponse:
    """Show every partner's month, and note what the city paid ahead."""
    check_city_wide(request)
    refused, status = "", 200
    if request.method == "POST":
        try:
            return _paid(request)
        except NotFound:
            raise
        except Refused as no:
            refused, status = refusal_text(no), 422
    month, months = _month(request)
    found = [
        redemptions.partner_statement(partner=code, month=month) for code in redemptions.partners()
    ]
    return page(
        request,
        "partners",
        status=status,
        statements=[_shown(it) for it in found],
        month=f"{month:%Y-%m}",
        month_name=wording.month(month),
        months=[(f"{it:%Y-%m}", wording.month(it), it == month) for it in months],
        today=today().isoformat(),
        may_pay=bool(actor_of(request).roles & PAYS),
        refused=refused,
        told=request.POST,
    )


def _paid(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    partner, reference = request.POST.get("partner", ""), request.POST.get("reference", "").strip()
    if not actor.roles & PAYS or partner not in redemptions.partners():
        raise NotFound(what="partner")
    ntd = request.POST.get("ntd", "").replace(",", "").strip()
    with unit_of_work():
        redemptions.deposit(
            partner=partner,
            ntd=int(ntd) if ntd.isascii() and ntd.isdigit() else 0,
            paid_on=_day(request.POST.get("paid_on", "")),
            reference=reference,
            actor=actor,
            now=now(),
        )
    messages.success(request, _("預付款已入帳。"))
    return HttpResponseRedirect(reverse("agency:partners"))


def _shown(it: redemptions.PartnerStatement) -> dict[str, Any]:
    return {
        "it": it,
        "name": name_of("partner", it.partner),
        "points": sum(line.points for line in it.lines),
        "ntd_text": wording.number(sum(line.ntd for line in it.lines)),
        "left_text": wording.number(it.closing),
        "level_text": wording.number(it.warn_below or 0),
        "returned_text": wording.number(it.returned),
        "net_text": wording.number(sum(line.ntd for line in it.lines) - it.returned),
        "count": sum(line.count for line in it.lines),
        "days": [
            _day_shown(day, list(lines)) for day, lines in groupby(it.lines, lambda it: it.day)
        ][::-1],  # newest first
    }


def _day_shown(day: dt.date, lines: Sequence[redemptions.LoadedLine]) -> dict[str, Any]:
    """Put a day's places together: a city has hundreds of them."""
    return {
        "day": day,
        "count_text": wording.number(sum(line.count for line in lines)),
        "ntd_text": wording.number(sum(line.ntd for line in lines)),
        "lines": [
            {
                "line": line,
                "place": name_of("place", line.place) if line.place else _("線上"),
                "kind": name_of("conversion", line.kind),
            }
            for line in lines
        ],
    }


def _day(told: str) -> dt.date:
    try:
        return dt.date.fromisoformat(told)
    except ValueError:
        raise redemptions.DepositWrong() from None


def _month(request: HttpRequest) -> tuple[dt.date, list[dt.date]]:
    """Return the month asked for, and those that may be asked for, newest first."""
    months = [today().replace(day=1)]
    while len(months) < MONTHS_SHOWN:
        months.append((months[-1] - dt.timedelta(days=1)).replace(day=1))
    wanted = request.GET.get("month", "")
    chosen = [it for it in months if f"{it:%Y-%m}" == wanted]
    return (chosen or months)[0], months
