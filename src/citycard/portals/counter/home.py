"""The first page: what waits at this counter, what is unfinished, and the keys."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from citycard.applications import api as applications
from citycard.infra import clock
from citycard.issuing import api as issuing
from citycard.portals.counter import queue, words
from citycard.portals.counter.shell import ROLES, counter_of, page, today
from citycard.portals.counter.templatetags.counter_door import queue_of
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language, name_of_staff

KEYS = (
    ("/", _("找人、找卡、找案件")),
    ("F2", _("新申辦")),
    ("F4", _("製卡：下一張，或正在看的這張")),
    ("1 – 9", _("開啟左邊名單的第幾件")),
    ("↑ ↓", _("在名單或結果中移動")),
    ("Enter", _("做畫面上最明顯的下一步")),
    ("Esc", _("離開輸入欄")),
)


@door(roles=ROLES)
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits, and the applications that nobody finished filling in."""
    counter, now = counter_of(request), clock.now()
    groups = queue.groups_at(counter, path=request.path, now=now)
    return page(
        request,
        "home",
        counts={group.code: group.count for group in groups},
        handed_over=issuing.handed_over_on(counter=counter, on=today()) if counter else 0,
        drafts=[
            (
                draft,
                _("、").join(_service(code, draft.form) for code in draft.services),
                name_of_staff(draft.edited_by),
            )
            for draft in applications.drafts_of(actor=actor_of(request))
        ][:5],
        keys=KEYS,
        waited=words.waited,
    )


@door(roles=ROLES)
def queue_again(request: HttpRequest) -> HttpResponse:
    """Answer with the left pane alone; the page asks for it now and then."""
    return render(request, "counter/queue.html", {"groups": queue_of(request, actor_of(request))})


@door(roles=ROLES)
def next_print(request: HttpRequest) -> HttpResponse:
    """Go to the card that waits longest to be printed; without one, say so on the first page."""
    job = queue.next_to_print(counter_of(request))
    if job is None:
        return page(request, "nothing_to_print")
    return HttpResponseRedirect(reverse("counter:print", args=[job.print_id]))


def _service(code: str, form: str) -> str:
    services = applications.form(code=form).services
    return in_language(services[code].name) if code in services else code
