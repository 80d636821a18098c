"""The city's figures for everybody: what closed months publish, without signing in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from citycard.portals import city_figures
from citycard.portals.doors import ANYONE, door


@require_GET
@door(roles=ANYONE)
def figures(request: HttpRequest) -> HttpResponse:
    """Show the city's tree of one or more months that have ended."""
    months = city_figures.closed_months()
    if not months:
        return render(request, "resident/figures_empty.html")
    file_url = reverse("resident:figures_csv").removesuffix(".csv")
    facts = city_figures.dashboard(request, months=months, file_url=file_url)
    return render(request, "resident/figures.html", facts)


@require_GET
@door(roles=ANYONE)
def figures_file(request: HttpRequest, ending: str) -> HttpResponse:
    """Download the whole tree as CSV or Parquet."""
    months = city_figures.closed_months()
    return city_figures.dashboard_file(request, months=months, ending=ending)
