"""Turn refusals into the door's own page, and give every answer its headers, zone and language."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers

from citycard.infra.database import TakesTooLong, is_too_slow, met_another
from citycard.infra.unit_of_work import anything_stands, noting_what_stands
from citycard.kernel.errors import Refused

from . import errors
from .again import MetAnother, StoppedHalfway, take_again
from .city import current_zone
from .doors import wants_data
from .request_ids import route

log = structlog.get_logger("citycard.refusals")

PERMISSIONS = "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"

_COME_AGAIN_S = {TakesTooLong: "60", StoppedHalfway: "60", MetAnother: "5"}


class RefusalMiddleware:
    """Answer an expected "no" with words, in the page that the person is on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(current_zone()), noting_what_stands():
            response = self.get_response(request)
        if response.status_code == 405 and not response.content and wants_data(request):
            response = errors.wrong_method(request, response["Allow"])
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if response.get("Content-Type", "").startswith("text/html"):
            # A page carries what one person may see: no proxy keeps it, and the back button of a
            # shared machine asks again.
            if not response.has_header("Cache-Control"):
                patch_cache_control(response, private=True, no_store=True)
            patch_vary_headers(response, ["HX-Request", "Cookie", "Accept-Language"])
        return response

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        """Answer a refusal, and take a request again that met another's; anything else is an error
        of ours and goes on."""
        if not met_another(exc):
            return self._say(request, exc)
        try:
            return take_again(request)
        except Exception as why:
            response = self._say(request, why)
            if response is None:
                raise
            return response

    @staticmethod
    def _say(request: HttpRequest, exc: Exception) -> HttpResponse | None:
        if is_too_slow(exc):
            log.warning("cut_short", route=route(request), why=type(exc.__cause__).__name__)
            exc = StoppedHalfway() if anything_stands() else TakesTooLong()
        if not isinstance(exc, Refused):
            return None
        log.info("refused", code=exc.code)
        response = errors.refused(request, exc)
        if type(exc) in _COME_AGAIN_S:
            response["Retry-After"] = _COME_AGAIN_S[type(exc)]
        return response
