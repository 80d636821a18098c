"""My children: when their card was at the school gate, and whether I am told of it."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.attendance import api as attendance
from citycard.flows import attending
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.infra.web.numbers import whole
from citycard.notify import api as notify
from citycard.people import api as people
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import in_language
from citycard.portals.resident import own
from citycard.portals.stay_words import stay_line

SHOWN = 10
MONTHS = dt.timedelta(days=366)
CHANNELS: dict[str, attendance.Channel | None] = {"none": None, "inbox": "inbox", "sms": "sms"}


@door(roles={"resident"}, member=True)
def children(request: HttpRequest) -> HttpResponse:
    """Show each child whom I guard with their last days, and let me choose how I am told."""
    guarded = people.children_of(guardian_id=own.member_of(request), on=clock.today())
    if request.method == "POST":
        return _choose(request, guarded)
    price = attendance.attendance_table().text_price_ntd
    purpose = current_pack().table("purposes")["purposes"][attending.PURPOSE]
    return render(
        request,
        "resident/children.html",
        {
            "children": _lines(request, guarded) if guarded else [],
            "agree": in_language(purpose["ground"]["text"]),
            "price": price,
            "bills": _bills(request) if guarded else [],
        },
    )


def _lines(request: HttpRequest, guarded: list[people.Guardianship]) -> list[dict[str, Any]]:
    """Open the children's names and days; each child finds it in their access records."""
    ids = [one.child_id for one in guarded]
    access = people.open_access(
        subject=ids,
        fields=("name", "attendance"),
        purpose="guardian",
        actor=actor_of(request),
        now=clock.now(),
    )
    who = people.profiles(access=access, member_ids=ids)
    chosen = {
        one.child_id: one.channel
        for one in attendance.notices_of(guardian_id=own.member_of(request))
    }
    return [
        {
            "n": n,
            "name": who[child].name,
            "channel": chosen.get(child, "none"),
            "days": [
                stay_line(one)
                for one in attendance.stays_of(
                    access=access, member_id=child, kind="school", limit=SHOWN
                )
            ],
        }
        for n, child in enumerate(ids)
    ]


def _choose(request: HttpRequest, guarded: list[people.Guardianship]) -> HttpResponse:
    n, channel = whole(request.POST.get("child", "")), request.POST.get("channel", "")
    if n is None or n >= len(guarded) or channel not in CHANNELS:
        raise Http404
    attending.choose(
        child_id=guarded[n].child_id,
        channel=CHANNELS[channel],
        actor=actor_of(request),
        now=clock.now(),
    )
    said = _("已停止通知。") if channel == "none" else _("已開始通知；隨時可以停止。")
    messages.success(request, said)
    return HttpResponseRedirect(reverse("resident:children"))


def _bills(request: HttpRequest) -> list[notify.TextBill]:
    since = (clock.today() - MONTHS).replace(day=1)
    return notify.text_bills(
        access=own.own_access(request, "messages"), member_id=own.member_of(request), since=since
    )


@door(roles={"resident"}, member=True)
def attended(request: HttpRequest) -> HttpResponse:
    """Show when my own staff card came and left."""
    found = attendance.stays_of(
        access=own.own_access(request, attendance.FIELD),
        member_id=own.member_of(request),
        kind="staff",
    )
    lines = [stay_line(one) for one in found]
    return render(request, "resident/attended.html", {"stays": lines})
