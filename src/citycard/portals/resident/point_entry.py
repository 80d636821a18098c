"""One move of points: "why did I get this", in plain words, with whom to ask."""

import datetime as dt
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.activities import api as activities
from citycard.disputes import api as disputes
from citycard.infra.clock import city_time
from citycard.infra.web import wording
from citycard.infra.web.parts import Row
from citycard.kernel.access import Access
from citycard.ledger import api as ledger
from citycard.portals.doors import door
from citycard.portals.naming import in_language, name_of
from citycard.portals.resident import allowances, exchanging, own, point_words, units
from citycard.portals.resident.disputes_seen import disputed
from citycard.redemptions import api as redemptions
from citycard.taps import api as taps

A_MOMENT = dt.timedelta(microseconds=1)
SESSIONS = 500
NEAR = 10
_HAPPENED = {"cards.card.bound": gettext_lazy("卡片歸戶")}


@door(roles={"resident"}, member=True)
def entry(request: HttpRequest, unit: str, key: uuid.UUID) -> HttpResponse:
    """Explain one move: what happened, who gives, by which rule, when and where."""
    member_id = own.member_of(request)
    access = own.own_access(request, "points", "points_history", "taps", disputes.FIELD)
    context = explained(access, member_id, unit, key)
    context |= disputed(access, member_id, str(key))
    return render(request, "resident/point_entry.html", context)


def explained(access: Access, member_id: int, unit: str, key: uuid.UUID) -> dict[str, Any]:
    """Return what a page says of one of a member's moves."""
    found = _entry(access, member_id, unit, key)
    session = _session(access, member_id, found)
    title, icon = point_words.title_of(found, session)
    return {
        "unit": unit,
        "unit_name": name_of("unit", unit),
        "title": title,
        "icon": icon,
        "change": units.change(unit, found.amount),
        "held": units.amount(unit, abs(found.held)) if found.held and not found.amount else "",
        "rows": [
            *_when(found),
            *_behind(access, member_id, found, unit),
            *_of_redemption(session),
            *_lots(found, unit),
        ],
        "because": _given(access, member_id, found, unit) or _because(found, session),
        "ride": _ride(found),
        "key": str(found.key),
        "shift": _shift(access, found),
    }


def _entry(access: Access, member_id: int, unit: str, key: uuid.UUID) -> ledger.Entry:
    """Return one entry of the history: the newest that is not newer than its key."""
    after = uuid.UUID(int=min(key.int + 1, 2**128 - 1))
    found = ledger.history(holder=member_id, unit=unit, limit=1, before=after, access=access)
    if not found or found[0].key != key:
        raise Http404
    return found[0]


def _when(found: ledger.Entry) -> list[Row]:
    local = city_time().local(found.at)
    return [Row(label=_("時間"), value=f"{wording.date_long(local)} {local:%H:%M}")]


def _behind(access: Access, member_id: int, found: ledger.Entry, unit: str) -> list[Row]:
    """Return what stands behind the move's ref: an activity, a redemption, an exchange."""
    kind = found.ref.partition(":")[0]
    if kind == "campaign":
        return _of_campaign(access, member_id, found, unit)
    if kind == "allowance":
        return _of_allowance(access, member_id, found, unit)
    if kind == "ride":
        return [Row(label=_("乘車紀錄編號"), value=_ride(found))]
    if kind == "exchange":
        return exchanging.rows_of(access, member_id, found, unit)
    return []


def _of_campaign(access: Access, member_id: int, found: ledger.Entry, unit: str) -> list[Row]:
    reason = activities.reasons(refs=[found.ref]).get(found.ref)
    if reason is None:
        return []
    place = _place(access, member_id, found)
    each = units.amount(unit, reason.points_each_time)
    rows = [
        Row(label=_("活動"), value=in_language(reason.names)),
        Row(label=_("主辦機關"), value=name_of("agency", reason.agency)),
        Row(label=_("地點"), value=place) if place else None,
        Row(label=_("每次"), value=each),
        Row(label=_("活動集點到"), value=wording.date_long(reason.gives_until)),
    ]
    return [row for row in rows if row is not None]


def _of_allowance(access: Access, member_id: int, found: ledger.Entry, unit: str) -> list[Row]:
    """Return the right and the rule that give a month's points, and what counted."""
    given = _allowance(access, member_id, found, unit)
    if given is None:
        return []
    return [
        Row(label=_("月份"), value=wording.month(given.month)),
        Row(label=_("依據的資格"), value=given.right),
        Row(label=_("依據"), value=given.source),
        Row(label=_("當月補助"), value=given.amount),
    ]


def _allowance(
    access: Access, member_id: int, found: ledger.Entry, unit: str
) -> allowances.Shown | None:
    """Return the allowance of the month that a move names; None: it names none."""
    try:
        month = dt.date.fromisoformat(found.ref.removeprefix("allowance:") + "-01")
    except ValueError:
        return None
    return allowances.of_month(access, member_id, unit, month)


def _ride(found: ledger.Entry) -> str:
    """Return the number of the ride that a move pays; empty for any other."""
    kind, _sep, number = found.ref.partition(":")
    return number.replace(":", "-") if kind == "ride" else ""


def _place(access: Access, member_id: int, found: ledger.Entry) -> str:
    """Return where the tap was made that gave points at this very moment."""
    near = taps.recent(access=access, member_id=member_id, limit=NEAR, before=found.at + A_MOMENT)
    return next((name_of("place", tap.place) for tap in near if tap.at == found.at), "")


def _session(access: Access, member_id: int, found: ledger.Entry) -> redemptions.Session | None:
    """Return the redemption that a move belongs to."""
    kind, _sep, number = found.ref.partition(":")
    if kind != "redemption":
        return None
    sessions = redemptions.sessions_of(access=access, member_id=member_id, limit=SESSIONS)
    return next((one for one in sessions if str(one.id) == number), None)


def _of_redemption(session: redemptions.Session | None) -> list[Row]:
    if session is None:
        return []
    return [
        Row(label=_("兌換成"), value=name_of("conversion", session.kind)),
        Row(label=_("地點"), value=point_words.where(session)),
        Row(label=_("金額"), value=wording.ntd(session.ntd)),
        Row(label=_("開始"), value=wording.date_time(session.reserved_at)),
    ]


def _lots(found: ledger.Entry, unit: str) -> list[Row]:
    """Return until when what came may be spent."""
    if found.amount <= 0:
        return []
    return [
        Row(label=_("使用期限"), value=_until(unit, day))
        for day in sorted({part.expires_on for part in found.parts}, key=str)
    ]


def _until(unit: str, day: dt.date | None) -> str:
    if day is None:
        return _("沒有期限")
    said = _("可用到 %(day)s") % {"day": wording.date_long(day)}
    return said + _("（退回時原期限已過，依規定給予的寬限）") if units.is_grace(unit, day) else said


_WHY = {
    "dispute.credit": gettext_lazy("您的申訴查明後更正，補給您這些點數。"),
    "fares.overcharge.noted": gettext_lazy("設備多收的車資先登錄為點數，再由退點退還給您。"),
    "fares.overcharge.charged": gettext_lazy("設備多收的車資先登錄為點數，再由退點退還給您。"),
    "fares.overcharge.taken_back": gettext_lazy("退點收回時，先前登錄的車資也一併撤銷。"),
    "points.lapsed": gettext_lazy("這些點數過了使用期限，所以到期。"),
    "volunteer.hours": gettext_lazy("由簽到到簽退的時間，依本市的規則計算。"),
    "volunteer.corrected": gettext_lazy(
        "這筆服務的時數有更正；更正以新增紀錄的方式處理，原來的紀錄都保留。"
    ),
    "redemption.released": gettext_lazy("這次兌換沒有完成，點數已經退回。"),
}


def _given(access: Access, member_id: int, found: ledger.Entry, unit: str) -> str:
    """Return why a month's points are so many; empty for any other move."""
    given = _allowance(access, member_id, found, unit)
    return _("、").join(given.reasons) + _("。") if given and given.reasons else ""


def _because(found: ledger.Entry, session: redemptions.Session | None) -> str:
    """Return why, in one or two sentences."""
    if found.kind == "campaign.award":
        return _award(found)
    if found.kind == "redemption.reserved":
        return _reserved(session)
    if found.kind in _WHY:
        return str(_WHY[found.kind])
    for why in point_words.refund_reasons([found.ref]).values():
        return in_language(why)
    if found.amount > 0 and not found.kind.startswith("points."):
        return _("這些點數退回或補給您。")
    return ""


def _reserved(session: redemptions.Session | None) -> str:
    if session and session.state not in point_words.UNDER_WAY:
        return _("您用這些點數兌換；結果見之後的紀錄。")
    return _("點數已保留，正在存入。存入完成或退回之前，不會被用在別的地方。")


def _award(found: ledger.Entry) -> str:
    reason = activities.reasons(refs=[found.ref]).get(found.ref)
    if reason is None:
        return ""
    if reason.why == "happening":
        return _("完成「%(what)s」，依活動規則給予。") % {
            "what": _HAPPENED.get(reason.happening, reason.happening)
        }
    return _("您參加了這項活動，依活動規則給予。")


def _shift(access: Access, found: ledger.Entry) -> dict[str, Any] | None:
    shift = activities.shift_refs(refs=[found.ref]).get(found.ref)
    if shift is None:
        return None
    access.require("points_history", members=[shift.member_id])
    return {
        "name": name_of("place", shift.place) or name_of("agency", shift.organiser),
        "day": shift.day,
        "url": reverse("resident:shift", args=[shift.id]),
    }
