"""A request that met another's at the same rows is taken again, as it came.

The database ends one of two who wait for each other, and takes back all that its unit of work did.
That is nobody's mistake and no news to whoever stands at the door: as long as nothing else of the
request stands, its view runs once more.
"""

import random
import time

import structlog
from django.conf import settings
from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse

from citycard.infra.database import met_another
from citycard.infra.unit_of_work import anything_stands
from citycard.kernel.errors import Refused

from .request_ids import route

log = structlog.get_logger("citycard.again")

PAUSES_S = (0.05, 0.25)
"""At most so long before each further try; a random part of it, so that those who met do not meet
again."""


class MetAnother(Refused):
    """Somebody else changed the same thing at this very moment, so this was stopped and nothing was
    changed; please send it again."""

    code = "infra.met_another"
    http_status = 503


class StoppedHalfway(Refused):
    """This was stopped halfway: what it did before may be kept, the rest is not; please look at how
    things stand before sending it again."""

    code = "infra.stopped_halfway"
    http_status = 503


def take_again(request: HttpRequest) -> HttpResponse:
    """Run the view of a request that met another's once more, and once more after that.

    :raises MetAnother: it met somebody each time
    :raises StoppedHalfway: something of it stands, so that it can't begin anew by itself
    """
    for pause in PAUSES_S:
        if anything_stands():
            raise StoppedHalfway()
        if not _is_whole(request):
            break
        log.info("taken_again", route=route(request))
        time.sleep(random.uniform(0.2, 1.0) * pause)  # noqa: S311 - spread, no secret
        _make_as_it_came(request)
        try:
            return _answer(request)
        except Exception as why:
            if not met_another(why):
                raise
    raise StoppedHalfway() if anything_stands() else MetAnother()


def _answer(request: HttpRequest) -> HttpResponse:
    match = request.resolver_match
    assert match is not None, "a view has just run"
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return response


def _is_whole(request: HttpRequest) -> bool:
    """Tell whether the body can be read again, and the session is still the one it came with."""
    was_read = getattr(request, "_read_started", False)
    if was_read and not (hasattr(request, "_body") or hasattr(request, "_post")):
        return False
    return _key_now(request) in (None, _key_it_came_with(request))


def _make_as_it_came(request: HttpRequest) -> None:
    """Forget what the view did to the request: it is kept in memory until there is an answer."""
    if hasattr(request, "session"):
        request.session = type(request.session)(_key_it_came_with(request))
    if hasattr(request, "_messages"):
        request._messages = default_storage(request)
    if hasattr(request, "_files"):
        for _name, files in request.FILES.lists():
            for file in files:
                file.seek(0)


def _key_now(request: HttpRequest) -> str | None:
    session = getattr(request, "session", None)
    return session.session_key if session is not None else None


def _key_it_came_with(request: HttpRequest) -> str | None:
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME)
