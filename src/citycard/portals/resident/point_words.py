"""A move of points in words: what happened, by how much, and where it came from."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from citycard.activities import api as activities
from citycard.infra.packs import Text
from citycard.ledger import api as ledger
from citycard.portals.naming import in_language, name_of
from citycard.portals.resident import units
from citycard.redemptions import api as redemptions

KINDS: dict[str, tuple[Any, str]] = {
    "campaign.award": (_("參加活動得到"), "gift"),
    "campaign.draw": (_("抽獎得到"), "gift"),
    "redemption.reserved": (_("兌換，正在處理"), "loader"),
    "redemption.settled": (_("兌換完成"), "circle-check"),
    "redemption.charged": (_("兌換完成"), "circle-check"),
    "redemption.released": (_("未完成，已退回"), "undo-2"),
    "redemption.returned": (_("兌換退回"), "undo-2"),
    "redemption.lost": (_("兌換更正"), "file-pen"),
    "refund.paid": (_("退還誤扣"), "undo-2"),
    "refund.goodwill": (_("補償贈點"), "gift"),
    "refund.undone": (_("退點收回"), "file-pen"),
    "points.lapsed": (_("到期"), "hourglass"),
    "volunteer.hours": (_("志工服務"), "handshake"),
    "volunteer.corrected": (_("服務時數更正"), "file-pen"),
    "allowance.granted": (_("每月補助"), "gift"),
    "allowance.corrected": (_("補助更正"), "file-pen"),
    "allowance.used": (_("使用補助"), "wallet"),
    "allowance.use_taken_back": (_("使用更正，退回"), "undo-2"),
    "dispute.credit": (_("申訴更正"), "file-pen"),
    "fares.overcharge.noted": (_("車資多收登錄"), "file-pen"),
    "fares.overcharge.charged": (_("車資多收登錄"), "file-pen"),
    "fares.overcharge.taken_back": (_("車資多收登錄撤銷"), "undo-2"),
    "manual.move": (pgettext_lazy("history", "人工調整"), "file-pen"),
}
# What is one thing for who gives and another for who gets.
BOTH_WAYS: dict[str, tuple[tuple[Any, str], tuple[Any, str]]] = {
    "points.exchanged": ((_("兌換得到"), "repeat-2"), (_("兌換出去"), "repeat-2")),
    "volunteer.given": ((_("收到他人轉贈"), "heart-handshake"), (_("轉贈他人"), "heart-handshake")),
}
REFUND = "refund"
UNDER_WAY = ("reserved", "writing", "disputed")
_OTHER = ((_("增加"), "circle-plus"), (_("減少"), "circle-minus"))


@dataclass(frozen=True, kw_only=True)
class Said:
    """One entry of the history as it is read.

    :ivar held: what is on its way since this entry; empty unless nothing else changed
    :ivar last_day: until when what came may be spent, where it came in one lot
    """

    key: uuid.UUID
    at: dt.datetime
    title: str
    icon: str
    change: str
    held: str
    because: str
    last_day: dt.date | None
    is_grace: bool


def told(
    entries: Sequence[ledger.Entry], unit: str, sessions: Iterable[redemptions.Session] = ()
) -> list[Said]:
    """Return moves in words, each with where it came from."""
    known = {f"redemption:{one.id}": one for one in sessions}
    sources = _sources(entries, known)
    return [
        _said(entry, unit, title_of(entry, known.get(entry.ref)), sources.get(entry.ref, ""))
        for entry in entries
    ]


def title_of(entry: ledger.Entry, session: redemptions.Session | None = None) -> tuple[str, str]:
    """Return what happened and its icon; a kind that has no words of its own is told by sign."""
    if entry.kind == "redemption.reserved" and session and session.state not in UNDER_WAY:
        return str(_("兌換")), "wallet"
    change = entry.amount or entry.held
    if entry.kind in BOTH_WAYS:
        got, gave = BOTH_WAYS[entry.kind]
        title, icon = got if change > 0 else gave
    else:
        title, icon = KINDS.get(entry.kind) or _OTHER[change < 0]
    return str(title), icon


def _said(entry: ledger.Entry, unit: str, title_and_icon: tuple[str, str], because: str) -> Said:
    title, icon = title_and_icon
    days = {part.expires_on for part in entry.parts} if entry.amount > 0 else set()
    last_day = days.pop() if len(days) == 1 else None
    return Said(
        key=entry.key,
        at=entry.at,
        title=title,
        icon=icon,
        change=units.change(unit, entry.amount),
        held=units.amount(unit, abs(entry.held)) if entry.held and not entry.amount else "",
        because=because,
        last_day=last_day,
        is_grace=units.is_grace(unit, last_day),
    )


def _sources(
    entries: Sequence[ledger.Entry], sessions: Mapping[str, redemptions.Session]
) -> dict[str, str]:
    """Return where moves came from, by their ref: an activity, a kiosk, a shift."""
    refs = sorted({entry.ref for entry in entries if entry.ref})
    found = {
        ref: in_language(reason.names) for ref, reason in activities.reasons(refs=refs).items()
    }
    found |= {ref: where(one) for ref, one in sessions.items()}
    found |= {ref: in_language(why) for ref, why in refund_reasons(refs).items()}
    for ref, shift in activities.shift_refs(refs=refs).items():
        found[ref] = name_of("place", shift.place) or name_of("agency", shift.organiser)
    return found


def refund_reasons(refs: Iterable[str]) -> dict[str, Text]:
    """Return why points were given back, by the ref of the run that did it."""
    found = {}
    for ref in refs:
        kind, _sep, number = ref.partition(":")
        if kind == REFUND and number.isdecimal():
            found[ref] = ledger.refund_run(run_id=int(number)).why
    return found


def where(session: redemptions.Session) -> str:
    """Say where value is being loaded, or was."""
    if session.place:
        return name_of("place", session.place)
    return name_of("conversion", session.kind)
