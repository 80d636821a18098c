"""How long applications take at an agency and its counters: median, nine in ten, and in time."""

import datetime as dt
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from citycard.agencies import api as agencies
from citycard.applications import api as applications
from citycard.infra import clock
from citycard.infra.web.numbers import whole
from citycard.portals.agency.figures import ROLES, tabs
from citycard.portals.agency.shell import own_agencies, page
from citycard.portals.doors import door
from citycard.portals.lasting import lasting
from citycard.portals.naming import in_language, name_of

SPANS: Final = (30, 90, 365)
_A_DAY = dt.timedelta(days=1)


@door(roles=ROLES)
def times(request: HttpRequest) -> HttpResponse:
    """Show how long what ended lately took, from handing in to handing over."""
    asked = whole(request.GET.get("days", ""))
    days = asked if asked in SPANS else SPANS[0]
    own, until = own_agencies(request), clock.now()
    found = applications.times(
        agencies=own,
        counters=[one.code for agency in own for one in agencies.counters(agency=agency)],
        since=until - days * _A_DAY,
        until=until,
    )
    return page(
        request,
        "times",
        tabs=tabs("times"),
        spans=[(_span(one), f"?days={one}", one == days) for one in SPANS],
        rows=[_line(one) for one in found],
    )


def _span(days: int) -> str:
    return ngettext("最近 %(n)s 天", "最近 %(n)s 天", days) % {"n": days}


def _line(one: applications.Times) -> dict[str, Any]:
    channels = {"counter": _("臨櫃"), "online": _("線上")}
    return {
        "it": one,
        "name": in_language(one.name),
        "agency": name_of("agency", one.agency),
        "channel": channels.get(one.channel, one.channel),
        "half": lasting(one.half_within) if one.half_within else "—",
        "nine_tenths": lasting(one.nine_tenths_within) if one.nine_tenths_within else "—",
        "share": round(100 * one.in_time / one.decided) if one.decided else None,
    }
