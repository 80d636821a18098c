"""A month's allowances of the agency's rights: what was given, what it was used for; nobody's."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from citycard.entitlements import api as entitlements
from citycard.infra.clock import city_time, now
from citycard.infra.packs import current_pack
from citycard.infra.web import wording
from citycard.insight import api as insight
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.doors import door
from citycard.portals.naming import in_language, name_of

ROLES = {"organiser", "finance", "reviewer", "officer"}
A_YEAR = 12


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a category took; None where it would speak of a handful."""

    name: str
    uses: int | None
    points: int | None
    people: int | None


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A unit's month with small cells hidden."""

    name: str
    people: int | None
    granted: int | None
    users: int | None
    used: int | None
    percent: int | None
    lines: list[Line]
    some_hidden: bool


@door(roles=ROLES)
def allowances(request: HttpRequest) -> HttpResponse:
    """Show a month's grants and uses by what they were for, small figures hidden."""
    this = city_time().month(now())
    months = _months(this)
    month = next((one for one in months if f"{one:%Y-%m}" == request.GET.get("month")), this)
    agencies = own_agencies(request)
    found = entitlements.allowance_figures(month=month, agencies=agencies)
    return page(
        request,
        "allowances",
        month=month,
        month_name=wording.month(month),
        is_running=month == this,
        months=[(f"{it:%Y-%m}", wording.month(it), it == month) for it in months],
        units=[shown(one) for one in found],
        least=insight.least_people(),
    )


def gives(agency: str) -> bool:
    """Tell whether a right of an agency, or of one under it, gives something each month."""
    return entitlements.gives_each_month(agencies=current_pack().agencies_under(agency))


def shown(one: entitlements.AllowanceFigures) -> Shown:
    """Return a unit's month with the cells hidden that speak of fewer people than the pack allows,
    and what they could be worked out from."""
    may = _parted(one)
    lines = {line.category: line for line in one.categories}
    # which there are is no secret of the pack, and where nothing may be told, nor is which are used
    listed = list(_names(one.unit)) if may.withheld else list(lines)
    return Shown(
        name=name_of("unit", one.unit),
        people=one.people if may.within else None,
        granted=one.granted if may.within else None,
        users=one.users if may.whole else None,
        used=one.used if may.whole else None,
        percent=100 * one.used // one.granted if may.whole and may.within and one.granted else None,
        lines=[
            _line(one.unit, code, lines[code] if code in may.parts else None) for code in listed
        ],
        some_hidden=not (may.whole and may.within and may.parts == lines.keys()),
    )


def _parted(one: entitlements.AllowanceFigures) -> insight.Parted:
    return insight.parted(
        whole=insight.Line(people=one.users, amounts={"points": one.used}),
        parts={
            line.category: insight.Line(
                people=line.people, amounts={"uses": line.uses, "points": line.points}
            )
            for line in one.categories
        },
        within=insight.Line(people=one.people, amounts={"points": one.granted}),
        each=("uses", "points"),
        least=insight.least_people(),
    )


def _line(unit: str, code: str, told: entitlements.CategoryFigure | None) -> Line:
    names = _names(unit).get(code)
    return Line(
        name=in_language(names) if names else code,
        uses=told.uses if told else None,
        points=told.points if told else None,
        people=told.people if told else None,
    )


def _names(unit: str) -> Mapping[str, Mapping[str, str]]:
    """Return what an allowance may be used for, by the pack."""
    names: Mapping[str, Mapping[str, str]] = current_pack().table("points")["units"][unit][
        "monthly"
    ]["categories"]
    return names


def _months(this: dt.date) -> list[dt.date]:
    found = [this]
    while len(found) < A_YEAR:
        found.append((found[-1] - dt.timedelta(days=1)).replace(day=1))
    return found
