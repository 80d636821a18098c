"""What the frame of this door asks on every page, also on those that say no."""

from typing import Any
from urllib.parse import urlsplit

from django import template
from django.http import HttpRequest
from django.template.context import RequestContext

from citycard.applications import api as applications
from citycard.infra import clock
from citycard.issuing import api as issuing
from citycard.kernel.actors import Actor
from citycard.portals.counter import queue
from citycard.portals.naming import name_of
from citycard.portals.standing import badge_of

register = template.Library()


@register.simple_tag(takes_context=True)
def counter_frame(context: RequestContext) -> dict[str, Any]:
    """Return whose counter it is, and its queue; nothing to somebody who is no clerk."""
    request = context.get("request")
    actor = getattr(request, "actor", None)
    if request is None or actor is None or "clerk" not in actor.roles:
        return {}
    if not hasattr(request, "counter_frame"):  # three blocks ask, each with a scope of its own
        request.counter_frame = {
            "counter": _counter(actor),
            "groups": queue_of(request, actor),
            "stock": queue.stock_lines(actor.counter),
            "unnamed": bool(issuing.unnamed_kinds()),
        }
    return dict(request.counter_frame)


@register.filter
def case_badge(case: applications.Case) -> str:
    """Return the badge of how a case stands."""
    return badge_of(case)


def queue_of(request: HttpRequest, actor: Actor) -> list[queue.Group]:
    """Return the queue of the clerk's counter; the line of the page they are on is marked."""
    shown = urlsplit(request.headers.get("HX-Current-URL", "")).path
    path = shown if request.path.endswith("/queue/") else request.path
    return queue.groups_at(actor.counter, path=path, now=clock.now())


def _counter(actor: Actor) -> str:
    if actor.counter:
        return name_of("counter", actor.counter)
    return name_of("agency", actor.agency) if actor.agency else ""
