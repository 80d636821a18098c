"""A month's allowances of the agency's rights: what was given, what it was used for; nobody's."""

import datetime as dt
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from citycard.entitlements import api as entitlements
from citycard.infra.clock import city_time, now
from citycard.infra.packs import current_pack
from citycard.infra.web import wording
from citycard.insight import api as insight
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.doors import door
from citycard.portals.naming import agencies_under, in_language, name_of

ROLES = {"organiser", "finance", "reviewer", "officer"}
A_YEAR = 12
_ALL = "all"


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
        least=_least(),
    )


def gives(agency: str) -> bool:
    """Tell whether a right of an agency, or of one under it, gives something each month."""
    return entitlements.gives_each_month(agencies=agencies_under(agency))


def shown(one: entitlements.AllowanceFigures) -> Shown:
    """Return a unit's month with the cells hidden that speak of fewer people than the pack allows,
    and what they could be worked out from."""
    hidden = _hidden(one)
    whole = one.users if _ALL not in hidden else None
    return Shown(
        name=name_of("unit", one.unit),
        people=_unless_few(one.people, one.people),
        granted=_unless_few(one.granted, one.people),
        users=whole,
        used=None if whole is None else one.used,
        percent=None
        if whole is None or not one.granted or one.people < _least()
        else 100 * one.used // one.granted,
        lines=[_line(one.unit, line, line.category in hidden) for line in one.categories],
        some_hidden=bool(hidden) or 0 < one.people < _least(),
    )


def _hidden(one: entitlements.AllowanceFigures) -> frozenset[str]:
    people = {_ALL: one.users} | {line.category: line.people for line in one.categories}
    parts = tuple(line.category for line in one.categories)
    sums = [insight.Sum(total=_ALL, parts=parts)]
    return insight.hidden_cells(people=people, sums=sums, least=_least())


def _line(unit: str, line: entitlements.CategoryFigure, hidden: bool) -> Line:
    monthly = current_pack().table("points")["units"][unit]["monthly"]
    names = monthly["categories"].get(line.category)
    return Line(
        name=in_language(names) if names else line.category,
        uses=None if hidden else line.uses,
        points=None if hidden else line.points,
        people=None if hidden else line.people,
    )


def _unless_few(value: int, people: int) -> int | None:
    return None if 0 < people < _least() else value


def _least() -> int:
    return int(current_pack().table("pack")["privacy"]["small_cell"])


def _months(this: dt.date) -> list[dt.date]:
    found = [this]
    while len(found) < A_YEAR:
        found.append((found[-1] - dt.timedelta(days=1)).replace(day=1))
    return found
