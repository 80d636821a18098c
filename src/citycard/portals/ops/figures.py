"""The city's uses as a tree that adds up: categories, services, agencies, places."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from citycard.insight import api as insight
from citycard.portals.city_figures import dashboard, dashboard_file
from citycard.portals.doors import door
from citycard.portals.ops.shell import page

ROLES = {"operator", "officer", "auditor"}


@door(roles=ROLES)
def figures(request: HttpRequest) -> HttpResponse:
    """Show the city's tree of one or more months."""
    months = insight.months()
    if not months:
        return page(request, "figures_empty")
    file_url = reverse("ops:figures_csv").removesuffix(".csv")
    return page(request, "figures", **dashboard(request, months=months, file_url=file_url))


@door(roles=ROLES)
def figures_file(request: HttpRequest, ending: str) -> HttpResponse:
    """Download the whole tree as CSV or Parquet."""
    return dashboard_file(request, months=insight.months(), ending=ending)
