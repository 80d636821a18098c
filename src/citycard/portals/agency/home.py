"""The agencies' first page: what waits for whom, and how the activities and services stand."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse

from citycard.activities import api as activities
from citycard.agencies import api as agencies
from citycard.applications import api as applications
from citycard.infra.clock import now
from citycard.infra.web import wording
from citycard.insight import api as insight
from citycard.portals.agency import refunds
from citycard.portals.agency.campaigns import campaign_line
from citycard.portals.agency.shell import agency_of, own_agencies, page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of

ROLES = {"reviewer", "officer", "organiser", "finance"}
SERVICES_SHOWN = 6


@door(roles=ROLES)
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits and how things stand, as far as the reader's roles reach."""
    roles = actor_of(request).roles
    return page(
        request,
        "home",
        counts=_counts(request) if roles & {"reviewer", "officer"} else None,
        campaigns=_campaigns(request) if roles & {"organiser", "finance"} else None,
        figures=_figures(request),
        unsent_refunds=refunds.unsent(request),
        undelivered=agencies.undelivered_webhooks(agencies=own_agencies(request))
        if "organiser" in roles
        else None,
    )


def _counts(request: HttpRequest) -> dict[str, int]:
    return applications.queue_counts(agency=agency_of(request), now=now())


def _campaigns(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            **campaign_line(found),
            "statistics": activities.statistics(campaign_id=found.id),
        }
        for agency in own_agencies(request)
        for found in activities.campaigns(agency=agency)
        if found.state == "open" and found.ends_at > now() - dt.timedelta(days=7)
    ]


def _figures(request: HttpRequest) -> dict[str, Any] | None:
    """Return this month's uses of each service; the newest month that has any."""
    months = insight.months()
    if not months:
        return None
    own = own_agencies(request)
    pages = insight.published(through=months[0])[months[0]].pages
    shown = [
        {
            "code": service,
            "agency": agency,
            "name": _named(service, agency, own[0]),
            "figures": page,
        }
        for (service, agency), page in sorted(pages.items())
        if agency in own
    ][:SERVICES_SHOWN]
    return {"month": wording.month(months[0]), "services": shown} if shown else None


def _named(service: str, agency: str, own: str) -> str:
    """Name a service, and where it isn't the reader's own agency, that agency too."""
    name = name_of("service", service)
    return name if agency == own else f"{name} · {name_of('agency', agency)}"
