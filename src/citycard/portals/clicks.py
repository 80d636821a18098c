"""A click's name: a page that is sent twice, by whichever door, does its work once."""

import datetime as dt
import uuid

from django.http import HttpRequest

from citycard.infra import clock
from citycard.kernel.ids import fact_key

A_DAY = dt.timedelta(days=1)


def once(request: HttpRequest) -> str:
    """Return what names the page that is shown, or that was sent."""
    return request.POST.get("once") or f"{clock.now().isoformat()}|{uuid.uuid4().hex[:12]}"


def key_of(request: HttpRequest, *what: object) -> uuid.UUID:
    """Return the key of what a page asks for: sent twice, it is the same."""
    said = request.POST.get("once", "")
    return fact_key(shown_at(said, clock.now()), *what, said)


def shown_at(said: str, now: dt.datetime) -> dt.datetime:
    """Return when the page that was sent was shown; now where it doesn't say so credibly."""
    try:
        at = dt.datetime.fromisoformat(said.partition("|")[0])
    except ValueError:
        return now
    if at.tzinfo is None or not dt.timedelta(0) <= now - at < A_DAY:
        return now
    return at
