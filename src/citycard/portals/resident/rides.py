"""My rides: what each cost, who paid, and why, in a line."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from citycard.fares import api as fares
from citycard.infra.packs import current_pack
from citycard.infra.web import wording
from citycard.portals.doors import door
from citycard.portals.naming import in_language
from citycard.portals.resident import own

PAGE = 30
UNPRICED = "unpriced"


@door(roles={"resident"}, member=True)
def rides(request: HttpRequest) -> HttpResponse:
    """List my rides, the newest first, each with its price explained in a line."""
    found = fares.rides_of(
        access=own.own_access(request, fares.RIDES_FIELD),
        member_id=own.member_of(request),
        limit=PAGE + 1,
        before=_instant(request.GET.get("before", "")),
    )
    return render(
        request,
        "resident/rides.html",
        {
            "rides": [_line(ride) for ride in found[:PAGE]],
            "more": found[PAGE - 1].boarded_at.isoformat() if len(found) > PAGE else "",
        },
    )


def _instant(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _line(ride: fares.RideView) -> dict[str, Any]:
    return {
        "ride": ride,
        "title": " ".join(filter(None, [_named("operators", ride.operator), ride.route])),
        # what was taken, as long as nobody knows what should have been
        "owed": ride.charged_ntd if ride.reason == UNPRICED else ride.stored_ntd + ride.cash_ntd,
        "why": why(ride),
        "note": _note(ride),
    }


def why(ride: fares.RideView) -> str:
    """Return how the price came about, in one line."""
    if ride.is_locked:
        return _("沒有下車刷卡，下次上車時補扣，不享優惠。")
    if ride.reason == "missing":
        return _("沒有下車刷卡，依規定收 %(owed)s 元，不享優惠。") % {
            "owed": wording.number(ride.points + ride.stored_ntd + ride.cash_ntd)
        }
    if ride.reason == UNPRICED:
        return _("這趟還算不出票價，由承辦人員查明。")
    parts = [_("全票 %(ntd)s 元") % {"ntd": wording.number(ride.fare_ntd)}]
    parts += [_named("concessions", code) for code in ride.applied]
    if ride.points:
        parts.append(_("補助點數付 %(n)s 點") % {"n": wording.number(ride.points)})
    parts.append(_("自付 %(ntd)s 元") % {"ntd": wording.number(ride.stored_ntd + ride.cash_ntd)})
    return _("、").join(parts) + _("。")


def _note(ride: fares.RideView) -> str:
    """Say what is looked into, and what came of it."""
    if ride.difference_state == "refund":
        return _("多扣的金額已列入退點。")
    waits = ride.difference_state in ("open", "refunding")
    if waits and ride.charged_ntd > ride.stored_ntd + ride.cash_ntd:
        return _("設備收了 %(ntd)s 元，比規定多，承辦人員正在查。") % {
            "ntd": wording.number(ride.charged_ntd)
        }
    if waits:
        return _("設備的紀錄與規定不同，承辦人員正在查。")
    return ""


def _named(table: str, code: str) -> str:
    found = (current_pack().table("fares") or {}).get(table, {}).get(code)
    return in_language(found["name"]) if found else code
