"""Points: what I have of each unit, when it lapses, and where it came from."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from citycard.activities import api as activities
from citycard.infra import clock
from citycard.infra.packs import current_pack
from citycard.kernel.access import Access
from citycard.ledger import api as ledger
from citycard.portals.doors import door
from citycard.portals.naming import in_language, name_of
from citycard.portals.resident import own

PAGE = 30
_KINDS = {
    "campaign.award": (_("參加活動得到點數"), "gift"),
    "redemption.reserved": (_("兌換儲值金"), "wallet"),
    "redemption.settled": (_("已存入卡片"), "circle-check"),
    "redemption.released": (_("未存入，點數退回"), "undo-2"),
}


@dataclass(frozen=True, kw_only=True)
class UnitBalance:
    """What the resident has of one unit."""

    unit: str
    name: str
    balance: ledger.Balance

    @property
    def by_day(self) -> list[tuple[int, dt.date | None]]:
        """Return how much may be spent until which day; the resident need not know of funds."""
        amounts: dict[dt.date | None, int] = {}
        for lot in self.balance.lots:
            amounts[lot.expires_on] = amounts.get(lot.expires_on, 0) + lot.amount
        return [(amount, day) for day, amount in amounts.items()]

    @property
    def next_lapse(self) -> tuple[int, dt.date] | None:
        """Return how much lapses first, and its last day."""
        return next(((amount, day) for amount, day in self.by_day if day), None)


def balances(access: Access, member_id: int, on: dt.date) -> list[UnitBalance]:
    """Return the balance of every unit that people of this city earn."""
    units = current_pack().table("points")["units"]
    return [
        UnitBalance(
            unit=unit,
            name=name_of("unit", unit),
            balance=ledger.balances(holders=[member_id], unit=unit, on=on, access=access)[
                member_id
            ],
        )
        for unit, row in units.items()
        if row["kind"] == "earned"
    ]


@door(roles={"resident"}, member=True)
def history(request: HttpRequest, unit: str = "") -> HttpResponse:
    """List a unit's moves with lots and reasons."""
    member_id = own.member_of(request)
    access = own.own_access(request, "points", "points_history")
    mine = balances(access, member_id, clock.today())
    chosen = next((one for one in mine if one.unit == unit), mine[0])
    before = request.GET.get("before")
    entries = ledger.history(
        holder=member_id,
        unit=chosen.unit,
        limit=PAGE,
        before=_key(before),
        access=access,
    )
    context = {
        "balances": mine,
        "chosen": chosen,
        "entries": [spoken(entry) for entry in entries],
        "more": entries[-1].key if len(entries) == PAGE else None,
    }
    return render(request, "resident/points.html", context)


def spoken(entry: ledger.Entry) -> dict[str, object]:
    """Return a move in words: what happened, by how much, and where it came from."""
    title, icon = _KINDS.get(entry.kind, (entry.kind, "coins"))
    change = entry.amount or entry.held
    return {
        "at": entry.at,
        "title": str(title),
        "icon": icon,
        "signed": f"{entry.amount:+,}" if entry.amount else "",
        "held": change if not entry.amount else 0,
        "because": _campaign_name(entry.ref),
        "key": entry.key,
    }


def _campaign_name(ref: str) -> str:
    """Say which activity a move belongs to; its ref holds ids only."""
    kind, _sep, number = ref.partition(":")
    if kind != "campaign" or not number.isdigit():
        return ""
    return in_language(activities.campaign(campaign_id=int(number)).names)


def _key(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None
