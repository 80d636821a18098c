"""A name for every request, and one line about it in the log: no address bar, nothing personal."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
_UUID = re.compile(r"^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$")
_QUIET = frozenset({"health", "metrics"})

log = structlog.get_logger("citycard.access")


def request_id(request: HttpRequest) -> str:
    """Return the id that the log knows this request by."""
    return str(getattr(request, "request_id", ""))


def route(request: HttpRequest) -> str:
    """Return the path's template, such as `/cases/<ref>/`; never the path itself."""
    match = request.resolver_match
    return f"/{match.route}" if match else "(none)"


class RequestIdMiddleware:
    """Name the request, answer with the name, write the access log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A proxy's id is taken only when it is a UUID: anything else could carry somebody's data.
        given = request.headers.get(HEADER, "")
        chosen = given if _UUID.match(given) else str(uuid.uuid4())
        request.request_id = chosen  # type: ignore[attr-defined]  # a field of our own
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id(request)):
            response = self.get_response(request)
            self._write(request, response, began)
        response[HEADER] = request_id(request)
        return response

    @staticmethod
    def _write(request: HttpRequest, response: HttpResponse, began: float) -> None:
        match = request.resolver_match
        if match is None and response.status_code < 400:
            return  # a static file
        if match is not None and match.url_name in _QUIET:
            return
        log.info(
            "request",
            method=request.method,
            route=route(request),
            status=response.status_code,
            ms=round((time.perf_counter() - began) * 1000, 1),
        )
