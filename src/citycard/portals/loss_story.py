"""A lost card's story for people: when it was reported, who knows, and who bears what."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from citycard.cards import api as cards
from citycard.infra.packs import current_pack
from citycard.infra.web import wording
from citycard.infra.web.parts import Entry
from citycard.portals.naming import name_of
from citycard.taps import api as taps


@dataclass(frozen=True, kw_only=True)
class LossLine:
    """A tap around the report: where, when, and who bears it."""

    title: str
    at: dt.datetime
    report: str
    bears: str
    tone: str


def steps(clock: cards.LossClock) -> list[Entry]:
    """Return how far the report has got."""
    told = [
        Entry(
            title=_("已掛失"),
            state="good",
            word=_seconds(clock.reported_at),
            body=_("從這一刻起，連線的讀卡機都拒絕這張卡。"),
        )
    ]
    if clock.published_at is None:
        return [
            *told,
            Entry(
                title=_("正在通知離線讀卡機"),
                body=_("通常在一分鐘內完成。"),
                state="info",
                word=_("進行中"),
                is_current=True,
            ),
        ]
    sent = Entry(title=_("已通知離線讀卡機"), state="good", word=_seconds(clock.published_at))
    if not clock.readers:
        return [*told, sent]
    known = _("%(readers)s 台離線讀卡機，%(known)s 台已經知道") % {
        "readers": wording.number(clock.readers),
        "known": wording.number(clock.known),
    }
    last = (
        _("最後一台在 %(at)s 知道。") % {"at": _seconds(clock.last_known_at)}
        if clock.last_known_at
        else _("還在等讀卡機回報。")
    )
    return [
        *told,
        sent,
        Entry(
            title=known,
            body=last,
            state="info" if clock.known < clock.readers else "good",
            word=_("進行中") if clock.known < clock.readers else _("全部知道"),
            is_current=clock.known < clock.readers,
        ),
    ]


def lines(found: Sequence[taps.LostCardTap]) -> list[LossLine]:
    """Return each tap with whether it was before or after the report, and who bears it."""
    return [
        LossLine(
            title=name_of("place", one.place) if one.place else name_of("service", one.service),
            at=one.at,
            report=report_words(one.report),
            bears=bears_words(one.bears),
            tone="warn" if one.bears else "good",
        )
        for one in found
    ]


def stored_value(issuer: str) -> str:
    """Return who bears what is taken from the stored value, by the pack; empty: it says nothing."""
    rule = current_pack().table("offline")["liability"]["stored_value"].get(issuer)
    if rule is None:
        return ""
    return _("卡片裡的儲值金：掛失後 %(hours)s 小時內由持卡人負擔，之後由發卡公司負擔。") % {
        "hours": f"{rule['holder_minutes'] / 60:g}"
    }


def report_words(report: str) -> str:
    """Say whether a tap was before or after the report."""
    return _("掛失前") if report == "before" else _("掛失後")


def bears_words(who: str) -> str:
    """Say who bears a tap."""
    words = {
        "holder": _("由持卡人負擔"),
        "city": _("由市府負擔"),
        "company": _("由發卡公司負擔"),
        "operator": _("由讀卡機所屬機關負擔"),
    }
    return words.get(who, _("已拒絕，沒有損失"))


def _seconds(at: dt.datetime) -> str:
    return timezone.localtime(at).strftime("%H:%M:%S")
