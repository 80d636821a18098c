"""What every view of this door shares."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

SEES = frozenset({"operator", "officer"})
RETRIES = frozenset({"operator"})


def page(request: HttpRequest, template: str, status: int = 200, **facts: Any) -> HttpResponse:
    """Render a page of this door."""
    return render(request, f"ops/{template}.html", facts, status=status)
