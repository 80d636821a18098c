"""Letters to outside systems that have not arrived, with a button beside each that sends it
again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.infra import outbox
from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.portals.doors import door
from citycard.portals.ops.shell import RETRIES, SEES, page
from citycard.portals.ops.wrong import topic_name

SHOWN = 200


@door(roles=SEES)
def letters(request: HttpRequest) -> HttpResponse:
    """List what waits, failures first."""
    counts = outbox.counts()
    wanted = request.GET.get("topic", "")
    topic = wanted if wanted in counts else None
    found = outbox.waiting(topic=topic, limit=SHOWN)
    total = {code: sum(states.values()) for code, states in counts.items()}
    return page(
        request,
        "letters",
        rows=[{"letter": letter, "name": topic_name(letter.topic)} for letter in found],
        tabs=[
            (_("全部"), "?", topic is None, sum(total.values())),
            *((topic_name(it), f"?topic={it}", it == topic, total[it]) for it in sorted(counts)),
        ],
        failed=[letter.id for letter in found if letter.state == "failed"],
        shown_all=len(found) < SHOWN,
        at=now(),
    )


@door(roles=RETRIES)
def retry(request: HttpRequest) -> HttpResponse:
    """Send letters again, now."""
    ids = [int(text) for text in request.POST.getlist("letter") if text.isdecimal()]
    if request.method == "POST" and ids:
        with unit_of_work():
            count = outbox.retry(ids, now=now())
        messages.success(request, _("%(n)s 件重新排入傳送。") % {"n": count})
    return HttpResponseRedirect(reverse("ops:letters"))
