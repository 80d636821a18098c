"""Which door a request came in by: its page shell, and whether it wants a page or data."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.template.loader import select_template
from django.utils.http import url_has_allowed_host_and_scheme

DOORS = ("counter", "agency", "kiosk", "ops")
_LIKE = {"merchant": "counter"}
_DATA = ("/api/", "/hooks/", "/gate/", "/reader/", "/.well-known/")
RESIDENT = "resident"
SHELLS = ("{door}/base.html", "cc/door_{door}.html")  # a portal's own base comes first


def door_of(request: HttpRequest) -> str:
    """Return the door's name from the first part of the path."""
    first = request.path.lstrip("/").split("/", 1)[0]
    first = _LIKE.get(first, first)
    return first if first in DOORS else RESIDENT


def home_of(request: HttpRequest) -> str:
    """Return the address of the door's first page."""
    door = door_of(request)
    return "/" if door == RESIDENT else f"/{door}/"


def back_of(request: HttpRequest) -> str:
    """Return the page that the person came from, or the door's first page."""
    came = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came, {request.get_host()}, request.is_secure())
    if not came or not is_ours:
        return home_of(request)
    # A page that refuses to be opened must not lead to itself.
    is_itself = request.method == "GET" and urlsplit(came).path == request.path
    return home_of(request) if is_itself else came


def shell_of(request: HttpRequest) -> str:
    """Return the template that a page of this door extends: the portal's own base, or ours."""
    door = door_of(request)
    found = select_template([name.format(door=door) for name in SHELLS])
    return str(found.template.name)


def wants_data(request: HttpRequest) -> bool:
    """Tell whether a program asked: then the answer is problem+json."""
    if request.path.startswith(_DATA):
        return True
    accept = request.headers.get("Accept", "")
    return "json" in accept and "text/html" not in accept


def is_fragment(request: HttpRequest) -> bool:
    """Tell whether htmx asked for a piece of a page."""
    return (
        request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"
    )
