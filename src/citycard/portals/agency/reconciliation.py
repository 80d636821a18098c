"""Three books side by side: kiosks, card companies, ledger; what differs, and who settles it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from citycard.infra.clock import now
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web.refusals import refusal_text
from citycard.kernel.errors import NotFound, Refused
from citycard.portals.agency.book_words import check_city_wide
from citycard.portals.agency.shell import page
from citycard.portals.doors import actor_of, door
from citycard.portals.naming import name_of
from citycard.redemptions import api as redemptions

SEES = {"finance", "officer", "auditor"}
SETTLES = {"finance", "officer"}
DAYS_SHOWN, CLOSED_SHOWN = 14, 20


@door(roles=SEES)
def reconciliation(request: HttpRequest) -> HttpResponse:
    """List what does not agree, and the days that were compared."""
    check_city_wide(request)
    waiting = [_line(it) for it in redemptions.differences()]
    closed = [
        _line(it)
        for state in ("settled", "arrived")
        for it in redemptions.differences(state=state, limit=CLOSED_SHOWN)
    ]
    compared = redemptions.reconciled_days(limit=DAYS_SHOWN)
    days = [it for it in compared if it.kiosk_lines or it.file_lines or it.ledger_lines]
    return page(
        request,
        "reconciliation",
        waiting=waiting,
        open_count=redemptions.open_differences(),
        closed=closed,
        days=days,
        newest=days[0] if days else None,
    )


@door(roles=SEES)
def difference(request: HttpRequest, difference_id: int) -> HttpResponse:
    """Show one difference, and take the officer's word on it."""
    check_city_wide(request)
    refused, status = "", 200
    if request.method == "POST":
        try:
            return _settled(request, difference_id)
        except NotFound:
            raise
        except Refused as no:
            refused, status = refusal_text(no), 422
    found = redemptions.difference(difference_id=difference_id)
    session = redemptions.session(session_id=found.session_id) if found.session_id else None
    may_settle = bool(actor_of(request).roles & SETTLES) and found.state == "open"
    return page(
        request,
        "difference",
        status=status,
        it=_line(found),
        session=session,
        evidence=_evidence(session),
        refused=refused,
        chosen=request.POST.get("ruling", ""),
        reason=request.POST.get("reason", ""),
        may_settle=may_settle,
    )


def _settled(request: HttpRequest, difference_id: int) -> HttpResponse:
    actor = actor_of(request)
    if not actor.roles & SETTLES:
        raise NotFound(what="difference")
    with unit_of_work():
        redemptions.settle_difference(
            difference_id=difference_id,
            ruling=request.POST.get("ruling", ""),
            reason=request.POST.get("reason", ""),
            actor=actor,
            now=now(),
        )
    messages.success(request, _("差異已處理，理由已留存。"))
    return HttpResponseRedirect(reverse("agency:reconciliation"))


def kind_name(kind: str) -> str:
    """Name a kind of difference."""
    names = {
        "missing_ledger": _("帳上沒有"),
        "missing_file": _("票證公司檔案沒有"),
        "missing_kiosk": _("加值機紀錄沒有"),
        "amount_differs": _("金額不同"),
        "cloned": _("同一計數器用了兩次（疑似複製卡）"),
        "tampered": _("紀錄前後不符（疑似竄改）"),
    }
    return names[kind]


def _detail(it: redemptions.Difference) -> str:
    """Say more, where the comparison knows more."""
    code, _colon, number = it.detail.partition(":")
    said = {
        "record_altered": _("公司檔案中這筆的卡號或計數器被改過"),
        "kiosk_contradicts": _("加值機紀錄的卡片或計數器與帳上不同"),
        "kiosk_changed": _("加值機前後上傳的同一筆內容不同"),
        "terminal_differs": _("加值機編號不同"),
        "purse_differs": _("卡片餘額算不起來"),
        "chain": _("與這張卡的上一筆接不起來"),
        "counter_used_twice": _("同一張卡的同一個計數器出現兩次"),
        "no_session": _("加值機與公司有紀錄，但系統沒有這筆兌換"),
        "hangs": _("兌換還沒有結果"),
        "released": _("點數已退回，但卡片似乎寫入了"),
        "journal_line": _("加值機日誌第 %(number)s 行遺失") % {"number": number},
    }
    return said.get(code, "")


def _line(it: redemptions.Difference) -> dict[str, Any]:
    return {
        "it": it,
        "kind": kind_name(it.kind),
        "detail": _detail(it),
        "place": name_of("place", it.place) if it.place else it.terminal,
        "days": (it.found_on - it.day).days,
    }


def _evidence(session: redemptions.Session | None) -> list[dict[str, Any]]:
    heard = redemptions.evidence_of(session_id=session.id) if session else []
    names = {
        "agent": _("加值機"),
        "presentation": _("卡片再次感應"),
        "file": _("票證公司檔案"),
        "partner": _("兌換夥伴"),
        "till": _("收銀機"),
        "clock": _("逾時"),
        "officer": _("承辦人員"),
    }
    return [{"who": names[one.source], "one": one} for one in heard]
