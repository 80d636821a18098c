"""Addresses for the design system's tests: its own, and views that refuse, break and answer."""

from typing import ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from citycard.kernel.errors import NotFound, Refused


class TooFewPoints(Refused):
    """There are {balance} points, {wanted} are needed."""

    code: ClassVar[str] = "web_test.too_few_points"


def refuse(_request: HttpRequest, **_: object) -> HttpResponse:
    raise TooFewPoints(balance=20, wanted=1500)


def lose(_request: HttpRequest) -> HttpResponse:
    raise NotFound(what="case")


def forbid(_request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def fail(_request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("a secret of A123456789")


def greet(request: HttpRequest, name: str = "") -> HttpResponse:
    return HttpResponse(f"<p>{name}</p>")


refusing = [
    path(f"{door}refuse", refuse) for door in ("", "counter/", "agency/", "kiosk/", "ops/", "api/")
]
urlpatterns = [
    *refusing,
    path("lose", lose),
    path("forbid", forbid),
    path("fail", fail),
    path("greet/<str:name>", greet),
    path("", include("citycard.infra.web.urls")),
]
handler400 = "citycard.infra.web.errors.bad_request"
handler403 = "citycard.infra.web.errors.forbidden"
handler404 = "citycard.infra.web.errors.not_found"
handler500 = "citycard.infra.web.errors.went_wrong"
