"""Staff and their sessions: who may do what, who serves no more, where they are signed in."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from citycard.agencies import api as agencies
from citycard.flows import staffing
from citycard.infra.clock import now
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of
from citycard.portals.ops import staff_entry
from citycard.portals.ops.shell import RETRIES, page

A_PAGE = 30


@door(roles=RETRIES)
def staff(request: HttpRequest) -> HttpResponse:
    """List staff: those who serve, those who serve no more."""
    everybody = agencies.staff_of()
    gone = request.GET.get("show") == "gone"
    shown = [_line(one) for one in everybody if one.active != gone]
    serving = sum(one.active for one in everybody)
    tabs = [
        (_("在職"), "?", not gone, serving),
        (_("已離職"), "?show=gone", gone, len(everybody) - serving),
    ]
    found = Paginator(shown, A_PAGE).get_page(request.GET.get("page"))
    return page(request, "staff", found=found, tabs=tabs)


@door(roles=RETRIES)
def person(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Show somebody, and take what is changed about them."""
    try:
        who = agencies.staff(staff_id=staff_id)
    except agencies.NoSuchStaff:
        raise NotFound(what="staff") from None
    refused = ""
    if request.method == "POST":
        try:
            return _changed(request, who)
        except Refused as no:
            refused = refusal_text(no)
    return page(
        request,
        "staff_person",
        status=422 if refused else 200,
        who=_line(who),
        refused=refused,
        is_me=actor_of(request).id == f"staff:{staff_id}",
        roles=[(code, name, code in who.roles) for code, name in staff_entry.roles().items()],
    )


def _changed(request: HttpRequest, who: agencies.Staff) -> HttpResponse:
    do = request.POST.get("do", "")
    if do == "sign-out":
        count = staffing.sign_out(staff_id=who.staff_id, actor=actor_of(request), now=now())
        said = ngettext("已登出 %(n)s 個裝置。", "已登出 %(n)s 個裝置。", count) % {"n": count}
    else:
        ends, returns = do == "end", do == "return"
        roles = who.roles if ends or returns else set(request.POST.getlist("roles"))
        staffing.change(
            staff_id=who.staff_id,
            roles=roles,
            active=returns or (who.active and not ends),
            actor=actor_of(request),
            now=now(),
        )
        said = _("已停止服務，所有裝置都已登出。") if ends else _("已更新，從下一個動作起生效。")
    messages.success(request, said)
    return HttpResponseRedirect(reverse("ops:staff_person", args=[who.staff_id]))


def _line(who: agencies.Staff) -> dict[str, Any]:
    names = staff_entry.roles()
    return {
        "staff": who,
        "agency": name_of("agency", who.agency),
        "counter": name_of("counter", who.counter) if who.counter else "",
        "roles": [names.get(code, code) for code in sorted(who.roles)],
    }
