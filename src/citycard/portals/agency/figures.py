"""How an agency's services are used: uses, people, how regularly, by place and day."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from citycard.infra.clock import city_time, now, today
from citycard.infra.packs import current_pack
from citycard.infra.web import charts, wording
from citycard.insight import api as insight
from citycard.kernel.errors import NotFound
from citycard.kernel.periods import next_month
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.city_figures import file_of, measures
from citycard.portals.doors import door
from citycard.portals.naming import in_language, name_of

ROLES = {"organiser", "finance", "reviewer", "officer"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """Which page of figures is asked for."""

    service: str
    agency: str
    month: dt.date

    def query(self, **changes: str) -> str:
        """Return the address of this page, or of one that differs."""
        asked = {"service": self.service, "agency": self.agency, "month": f"{self.month:%Y-%m}"}
        return "?" + urlencode({**asked, **changes})


@door(roles=ROLES)
def figures(request: HttpRequest) -> HttpResponse:
    """Show one service's month at one agency."""
    agencies = own_agencies(request)
    services = insight.services_used(agencies=agencies)
    if not services:
        return page(request, "figures_empty", tabs=tabs("figures"))
    asked = _asked(request, agencies, services)
    shown = _figures(asked)
    csv_url = reverse("agency:figures_csv") + asked.query()
    parquet_url = reverse("agency:figures_parquet") + asked.query()
    definitions = {it["code"]: it for it in measures()}
    return page(
        request,
        "figures",
        tabs=tabs("figures"),
        shown=shown,
        per_person=0 if shown.people == 0 else shown.per_person,
        service_name=name_of("service", asked.service),
        agency_name=name_of("agency", asked.agency),
        month_name=wording.month(asked.month),
        is_running=asked.month == city_time().month(now()),
        counted_through=insight.counted_through(now=now()),
        services=[
            (name_of("service", code), asked.query(service=code), code == asked.service)
            for code in services
        ],
        agencies=[
            (code, name_of("agency", code), code == asked.agency)
            for code in _agencies(agencies, asked.service)
        ],
        months=[(f"{it:%Y-%m}", wording.month(it), it == asked.month) for it in insight.months()],
        asked=asked,
        definitions=definitions,
        measures=[*definitions.values(), *_steps(shown)],
        about=_about(asked.service),
        least=shown.least,
        csv_url=csv_url,
        parquet_url=parquet_url if insight.writes_parquet() else "",
        charts=_charts(shown, csv_url, definitions),
    )


@door(roles=ROLES)
def figures_file(request: HttpRequest, ending: str) -> HttpResponse:
    """Download the same figures as CSV or Parquet."""
    agencies = own_agencies(request)
    services = insight.services_used(agencies=agencies)
    if not services:
        raise NotFound(what="figures")
    asked = _asked(request, agencies, services)
    sheet = insight.figures_sheet(figures=_figures(asked), name_of=name_of)
    name = f"{asked.service}-{asked.agency}-{asked.month:%Y-%m}.{ending}"
    return file_of(sheet, name=name, ending=ending)


def tabs(here: str) -> list[tuple[str, str, bool]]:
    """Return the pages of figures, for the row of tabs."""
    names = {
        "figures": _("本機關的服務"),
        "times": _("辦理時間"),
        "comparison": _("機關比較"),
        "city": _("全市"),
    }
    return [(name, reverse(f"agency:{code}"), code == here) for code, name in names.items()]


def _about(service: str) -> list[tuple[str, str]]:
    """Return what the city's catalogue says of a service: whose, since when, what it needs."""
    row = current_pack().table("services")["services"].get(service)
    if row is None:
        return []
    needs = row["needs"]
    since = dt.date.fromisoformat(str(row["since"]))
    return [
        (_("主辦機關"), name_of("agency", row["agency"])),
        (_("上線日期"), wording.date_long(since, weekday=False)),
        (
            _("需要的權益"),
            name_of("entitlement", needs["entitlement"]) if "entitlement" in needs else _("無"),
        ),
        (
            _("轉換成哪個機關的會員號碼"),
            name_of("agency", needs["link"]) if "link" in needs else _("不轉換"),
        ),
    ]


def _figures(asked: Asked) -> insight.Figures:
    return insight.service_figures(agency=asked.agency, service=asked.service, month=asked.month)


def _asked(request: HttpRequest, agencies: Sequence[str], services: Sequence[str]) -> Asked:
    service = _chosen(request.GET.get("service", ""), services)
    using = _agencies(agencies, service)
    return Asked(
        service=service,
        agency=_chosen(request.GET.get("agency", ""), using),
        month=_chosen_month(request.GET.get("month", ""), insight.months()),
    )


def _agencies(agencies: Sequence[str], service: str) -> list[str]:
    """Return the reader's agencies that serve a service: each has figures of its own."""
    return [code for code in agencies if service in insight.services_used(agencies=[code])]


def _chosen(wanted: str, known: Sequence[str]) -> str:
    return wanted if wanted in known else known[0]


def _chosen_month(wanted: str, known: Sequence[dt.date]) -> dt.date:
    found = [month for month in known if f"{month:%Y-%m}" == wanted]
    return (found or list(known) or [city_time().month(now())])[0]


def _charts(
    shown: insight.Figures, csv_url: str, definitions: dict[str, dict[str, str]]
) -> list[tuple[str, charts.Figure | None]]:
    """Draw the month; a chart of which every part is hidden is left out, the page says why."""

    def about(code: str) -> dict[str, Any]:
        return {"unit": definitions[code]["unit"], "about": definitions[code]["definition"]}

    days = _every_day(shown)
    places = [(name_of("place", it.place) or _("未載明地點"), it.uses) for it in shown.places]
    bands = [(_band(band, _("天")), band.people) for band in shown.bands]
    gaps = [(_band(gap, _("天後")), gap.people) for gap in shown.intervals]
    found = [
        (
            _("每日使用次數"),
            _noted(
                charts.columns(
                    _("每日使用次數"), days, label=_("日期"), csv_url=csv_url, **about("uses")
                ),
                shown,
            )
            if _shows(days)
            else None,
        )
    ]
    found.insert(0, _funnel(shown, csv_url, definitions["funnel"]))
    for title, label, items, code in (
        (_("各地點使用次數"), _("地點"), places, "uses"),
        (definitions["days_of_use"]["name"], _("使用天數"), bands, "days_of_use"),
        (definitions["interval"]["name"], _("相隔天數"), gaps, "interval"),
    ):
        drawn = charts.bars(title, items, label=label, **about(code)) if _shows(items) else None
        found.append((title, drawn))
    if shown.answered != 0:
        scores = [
            (pgettext("score", "%(n)s 分") % {"n": it.score}, it.times) for it in shown.scores
        ]
        title = definitions["satisfaction"]["name"]
        drawn = charts.bars(title, scores, label=_("分數"), **about("satisfaction"))
        found.append((title, drawn if _shows(scores) else None))
    return found + _history(shown, definitions)


def _funnel(
    shown: insight.Figures, csv_url: str, about: dict[str, str]
) -> tuple[str, charts.Figure | None]:
    """Draw how far people came who may use the service."""
    items = [(_step_name(it), it.people) for it in shown.funnel]
    drawn = charts.steps(
        about["name"],
        items,
        unit=about["unit"],
        label=_("步驟"),
        share=_("佔前一步"),
        about=about["definition"],
        csv_url=csv_url,
    )
    if not any(it.step == "carded" for it in shown.funnel):
        note = _("有資格與有卡的人數每晚計算；還沒算過，或差距小到能看出個人時不顯示。")
        drawn = dataclasses.replace(drawn, note=note)
    return about["name"], drawn if _shows(items) else None


def _steps(shown: insight.Figures) -> list[dict[str, str]]:
    """Say how each step that is shown is counted."""
    steps = insight.funnel_steps()
    return [
        {"name": _step_name(it), "definition": in_language(steps[it.step].definition)}
        for it in shown.funnel
    ]


def _step_name(step: insight.StepFigure) -> str:
    """Name a step, with the right that it speaks of."""
    name = name_of("step", step.step)
    if step.step != "holders":
        return name
    right = name_of("entitlement", step.of)
    return _("%(step)s（%(right)s）") % {"step": name, "right": right}


def _history(
    shown: insight.Figures, definitions: dict[str, dict[str, str]]
) -> list[tuple[str, charts.Figure | None]]:
    """Draw people and uses month by month, as far back as the pack says."""
    history = insight.month_totals(agency=shown.agency, service=shown.service, newest=shown.month)
    found: list[tuple[str, charts.Figure | None]] = []
    for code, values in (
        ("people", [(f"{it.month:%Y-%m}", it.people) for it in history]),
        ("uses", [(f"{it.month:%Y-%m}", it.uses) for it in history]),
    ):
        title = _("%(measure)s：%(history)s") % {
            "measure": definitions[code]["name"],
            "history": definitions["history"]["name"],
        }
        if len(values) > 1 and _shows(values):
            drawn = charts.columns(
                title,
                values,
                label=_("月份"),
                unit=definitions[code]["unit"],
                about=definitions["history"]["definition"],
            )
            found.append((title, drawn))
    return found


def _shows(items: Sequence[tuple[str, int | None]]) -> bool:
    """Tell whether a chart of these would draw anything."""
    return any(value for _name, value in items)


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


def _band(band: insight.BandFigure, unit: str) -> str:
    if band.least_days == band.most_days:
        return f"{band.least_days} {unit}"
    if band.most_days >= 31:
        return _("%(n)s %(unit)s以上") % {"n": band.least_days, "unit": unit}
    return f"{band.least_days}–{band.most_days} {unit}"
