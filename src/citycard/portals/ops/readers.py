"""Readers and kiosks of the whole city: which were heard of when, and what still lies in them."""

import datetime as dt
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from citycard.agencies import api as agencies
from citycard.infra.clock import now
from citycard.portals.doors import door
from citycard.portals.naming import name_of
from citycard.portals.ops.shell import SEES, page
from citycard.taps import api as taps

SILENT_AFTER = dt.timedelta(hours=24)
KNOWN_AFTER = 10
"""Taps after which a reader has a rhythm of its own; before, its silence says nothing."""

A_PAGE = 30
KINDS = ("all", "odd", "silent", "revoked")


@door(roles=SEES)
def readers(request: HttpRequest) -> HttpResponse:
    """List devices: those with something odd, silent ones, revoked ones, all."""
    at = now()
    rows = [_line(device) for device in agencies.devices()]
    _add_health(rows)
    for row in rows:
        row["is_silent"] = row["device"].state == "active" and _is_silent(row, at)
    groups = {kind: [row for row in rows if _belongs(row, kind)] for kind in KINDS}
    wanted = request.GET.get("show", "")
    shown = wanted if wanted in KINDS else KINDS[0]
    found = Paginator(groups[shown], A_PAGE).get_page(request.GET.get("page"))
    return page(
        request,
        "readers",
        found=found,
        shown=shown,
        tabs=[(_name(it), f"?show={it}", it == shown, len(groups[it])) for it in KINDS],
    )


def _is_silent(row: dict[str, Any], at: dt.datetime) -> bool:
    """Tell whether a device has been quiet for much longer than it usually is."""
    if row["heard_at"] is None or row["taken"] < KNOWN_AFTER:
        return False
    return bool(at - row["heard_at"] > max(SILENT_AFTER, 2 * row["usual_gap"]))


def _line(device: agencies.Device) -> dict[str, Any]:
    return {
        "device": device,
        "place": name_of("place", device.place),
        "agency": name_of("agency", device.agency),
        "service": name_of("service", device.service),
        "heard_at": device.last_seen_at,
        "usual_gap": dt.timedelta(),
        "taken": 0,
        "missing": 0,
        "conflicts": 0,
        "quarantined": 0,
    }


def _add_health(rows: list[dict[str, Any]]) -> None:
    by_id = {row["device"].device_id: row for row in rows}
    for health in taps.reader_health():
        row = by_id.get(health.reader_id)
        if row is not None:
            row["heard_at"] = max(
                filter(None, [row["heard_at"], health.last_received_at]), default=None
            )
            row["usual_gap"] = max(row["usual_gap"], health.usual_gap)
            for name in ("taken", "missing", "conflicts", "quarantined"):
                row[name] += getattr(health, name)


def _belongs(row: dict[str, Any], kind: str) -> bool:
    if kind == "odd":
        return bool(row["missing"] or row["conflicts"] or row["quarantined"])
    if kind == "silent":
        return bool(row["is_silent"])
    return kind == "all" or row["device"].state == "revoked"


def _name(kind: str) -> str:
    return {
        "all": _("全部"),
        "odd": _("有異常"),
        "silent": _("比平常久沒有連線"),
        "revoked": _("已停用"),
    }[kind]
