"""The operators' first page: what is wrong right now, then how everything is."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.applications import api as applications
from citycard.infra import journal
from citycard.infra.clock import now
from citycard.portals.doors import door
from citycard.portals.naming import name_of
from citycard.portals.ops import rehearsing
from citycard.portals.ops.shell import RETRIES, SEES, page
from citycard.portals.ops.watching import Watch, look
from citycard.portals.ops.wrong import lag_tone, port_name, problems, subscriber_name, topic_name


@door(roles=SEES)
def home(request: HttpRequest) -> HttpResponse:
    """Show what is wrong, and the state of every part."""
    watch = look(now())
    waiting = applications.waiting()
    rehearsal = rehearsing.states()
    return page(
        request,
        "home",
        watch=watch,
        problems=problems(watch),
        subscribers=_parted([_subscriber(lag) for lag in watch.subscribers]),
        outside=_parted(
            [({"port": it, "name": port_name(it)}, it.state == "up") for it in watch.ports]
        ),
        letters=[
            {"name": topic_name(topic), "states": states}
            for topic, states in sorted(watch.letters.items())
        ],
        waiting=[
            {"row": row, "register": name_of("register", row.register.partition(".")[0])}
            for row in waiting[:20]
        ],
        waiting_count=len(waiting),
        months_ahead=min(watch.months_ahead.values(), default=None),
        free_gb=f"{watch.free_bytes / 1e9:.1f}",
        free_share=round(100 * watch.free_bytes / max(1, watch.total_bytes)),
        letters_failed=_letters(watch, "failed"),
        letters_waiting=_letters(watch, "waiting") + _letters(watch, "sending"),
        notices=[
            {"of": it, "agency": name_of("agency", it.agency), "slowest": round(it.slowest_seconds)}
            for it in watch.notices
        ],
        notices_late=sum(it.late for it in watch.notices),
        notices_told=sum(it.told for it in watch.notices),
        rehearsal=rehearsal,
        rehearses=any(state != "up" for state in rehearsal.values()),
    )


def _subscriber(lag: journal.Lag) -> tuple[dict[str, Any], bool]:
    tone = lag_tone(lag)
    return {"lag": lag, "tone": tone, "name": subscriber_name(lag.subscriber)}, tone is None


def _parted(rows: Sequence[tuple[dict[str, Any], bool]]) -> dict[str, Any]:
    """Part what needs somebody from what is well, which is folded away."""
    return {
        "well": [row for row, is_well in rows if is_well],
        "unwell": [row for row, is_well in rows if not is_well],
        "all": len(rows),
    }


def _letters(watch: Watch, state: str) -> int:
    return sum(states.get(state, 0) for states in watch.letters.values())


@door(roles=RETRIES)
def restart(request: HttpRequest, name: str) -> HttpResponse:
    """Let a stopped subscriber go on, with the event that stopped it or past it."""
    known = {subscriber.name for subscriber in journal.subscribers()}
    if request.method == "POST" and name in known:
        skip = request.POST.get("do") == "skip"
        journal.restart(name, skip=skip)
        said = _("「%(name)s」略過那件事件，繼續了。") if skip else _("「%(name)s」重新開始了。")
        messages.success(request, said % {"name": subscriber_name(name)})
    return HttpResponseRedirect(reverse("ops:home"))


@door(roles=RETRIES)
def switch(request: HttpRequest) -> HttpResponse:
    """In a demo city: break a register on purpose, or mend it."""
    if request.method == "POST":
        rehearsing.switch(request.POST.get("register", ""), request.POST.get("state", ""))
    return HttpResponseRedirect(reverse("ops:home") + "#outside")
