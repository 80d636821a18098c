"""How an agency's services are used: uses, people, how regularly, by place and day."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.infra.clock import city_time, now, today
from citycard.infra.web import charts, wording
from citycard.insight import api as insight
from citycard.kernel.errors import NotFound
from citycard.kernel.periods import next_month
from citycard.portals.agency.shell import attachment, own_agencies, page
from citycard.portals.doors import door
from citycard.portals.naming import in_language, name_of

ROLES = {"organiser", "finance", "reviewer", "officer"}


@door(roles=ROLES)
def figures(request: HttpRequest) -> HttpResponse:
    """Show one service's month at this agency."""
    agencies = own_agencies(request)
    services = insight.services_used(agencies=agencies)
    if not services:
        return page(request, "figures_empty")
    service = _chosen(request.GET.get("service", ""), services)
    months = insight.months()
    month = _chosen_month(request.GET.get("month", ""), months)
    shown = insight.service_figures(agencies=agencies, service=service, month=month)
    csv_url = f"{reverse('agency:figures_csv')}?service={service}&month={month:%Y-%m}"
    return page(
        request,
        "figures",
        shown=shown,
        per_person=0 if shown.people == 0 else shown.per_person,
        service_name=name_of("service", service),
        month=month,
        month_name=wording.month(month),
        is_running=month == city_time().month(now()),
        services=[
            (name_of("service", code), f"?service={code}&month={month:%Y-%m}", code == service)
            for code in services
        ],
        months=[(f"{it:%Y-%m}", wording.month(it), it == month) for it in months],
        service=service,
        definitions=definitions(),
        csv_url=csv_url,
        charts=_charts(shown, agencies, service, csv_url),
    )


@door(roles=ROLES)
def figures_csv(request: HttpRequest) -> HttpResponse:
    """Download the same figures as CSV."""
    agencies = own_agencies(request)
    services = insight.services_used(agencies=agencies)
    if not services:
        raise NotFound(what="figures")
    service = _chosen(request.GET.get("service", ""), services)
    month = _chosen_month(request.GET.get("month", ""), insight.months())
    shown = insight.service_figures(agencies=agencies, service=service, month=month)
    content = insight.figures_csv(figures=shown, name_of=name_of).encode()
    name = f"{service}-{month:%Y-%m}.csv"
    return attachment(content, name=name, media_type="text/csv; charset=utf-8")


def definitions() -> dict[str, dict[str, str]]:
    """Return how each figure is counted, in the reader's language."""
    of_pack = {
        code: {"name": in_language(it.name), "definition": in_language(it.definition)}
        for code, it in insight.measures().items()
    }
    return {
        "returning": {
            "name": _("再次使用的人"),
            "definition": _("期間內在兩天以上使用的不同人數"),
        },
        **of_pack,
    }


def _chosen(wanted: str, known: Sequence[str]) -> str:
    return wanted if wanted in known else known[0]


def _chosen_month(wanted: str, known: Sequence[dt.date]) -> dt.date:
    found = [month for month in known if f"{month:%Y-%m}" == wanted]
    return (found or list(known) or [city_time().month(now())])[0]


def _charts(
    shown: insight.Figures, agencies: Sequence[str], service: str, csv_url: str
) -> dict[str, charts.Figure | None]:
    """Draw the month; a chart of which every part is hidden is left out, the page says why."""
    days = _every_day(shown)
    places = [(name_of("place", place.place), place.uses) for place in shown.places]
    bands = [(_band(band), band.people) for band in shown.bands]
    history = insight.month_totals(agencies=agencies, service=service, newest=shown.month)
    months = [(f"{it.month:%Y-%m}", it.people) for it in history]
    uses: dict[str, Any] = {
        "unit": _("次"),
        "about": definitions()["uses"]["definition"],
        "csv_url": csv_url,
    }
    people: dict[str, Any] = {"unit": _("人"), "about": definitions()["people"]["definition"]}
    return {
        "days": _noted(charts.columns(_("每日使用次數"), days, label=_("日期"), **uses), shown)
        if _shows(days)
        else None,
        "places": charts.bars(_("各地點使用次數"), places, label=_("地點"), **uses)
        if _shows(places)
        else None,
        "bands": charts.bars(_("這個月來過幾天"), bands, label=_("使用天數"), **people)
        if _shows(bands)
        else None,
        "months": charts.columns(_("近十二個月使用人數"), months, label=_("月份"), **people)
        if len(months) > 1 and _shows(months)
        else None,
    }


def _shows(items: Sequence[tuple[str, int | None]]) -> bool:
    """Tell whether a chart of these would draw anything, or all of it is nothing and not hidden."""
    return any(value for _name, value in items) or all(value == 0 for _name, value in items)


def _noted(figure: charts.Figure, shown: insight.Figures) -> charts.Figure:
    """Say under the chart that an empty day may be a hidden one."""
    if all(day.uses is not None for day in shown.days):
        return figure
    note = _("空白的日子沒有使用，或人數太少不顯示。")
    return dataclasses.replace(figure, note=note)


def _every_day(shown: insight.Figures) -> list[tuple[str, int | None]]:
    """Return every day of the month so far: a day without any use is a gap, not left out."""
    uses = {day.day: day.uses for day in shown.days}
    last = min(next_month(shown.month) - dt.timedelta(days=1), today())
    days = [shown.month + dt.timedelta(days=n) for n in range((last - shown.month).days + 1)]
    return [(wording.date_short(day), uses.get(day, 0)) for day in days]


def _band(band: insight.BandFigure) -> str:
    if band.least_days == band.most_days:
        return _("%(n)s 天") % {"n": band.least_days}
    if band.most_days >= 31:
        return _("%(n)s 天以上") % {"n": band.least_days}
    return _("%(low)s–%(high)s 天") % {"low": band.least_days, "high": band.most_days}
