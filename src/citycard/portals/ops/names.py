"""Names at the card company: what it refused, with a button that sends them again, and each day's
count."""

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.infra.clock import city_time, now
from citycard.infra.unit_of_work import unit_of_work
from citycard.issuing import api as issuing
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of
from citycard.portals.ops.shell import RETRIES, SEES, page

DAYS = 14
SHOWN = 200


@door(roles=SEES)
def names(request: HttpRequest) -> HttpResponse:
    """List refused names, and count the last two weeks day by day; nobody is named."""
    today = city_time().day(now())
    days = [issuing.reconcile(on=today - dt.timedelta(days=back)) for back in range(DAYS)]
    refused = issuing.registrations(state="rejected", limit=SHOWN)
    return page(
        request,
        "names",
        rows=[{"it": one, "kind": name_of("card_kind", one.card_kind)} for one in refused],
        days=[day for day in days if day.opened],
    )


@door(roles=RETRIES)
def send_again(request: HttpRequest) -> HttpResponse:
    """Put refused names back in line, after somebody looked."""
    ids = [int(text) for text in request.POST.getlist("name") if text.isdecimal()]
    if request.method == "POST" and ids:
        with unit_of_work():
            count = issuing.send_again(registration_ids=ids, actor=actor_of(request), now=now())
        messages.success(request, _("%(n)s 筆重新排入傳送。") % {"n": count})
    return HttpResponseRedirect(reverse("ops:names"))
