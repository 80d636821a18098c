"""A month as it went out: kept when its late days are over, shown from then on, never changed.

What comes in later counts in the figures and in nothing that is published. Covered anew, one late
tap could show what yesterday's file hid, and two files would tell of it what neither does.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.db import connection

from citycard.infra.clock import city_time
from citycard.infra.database import execute, rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.insight.city_people import city_people, waits
from citycard.insight.figures import BandFigure, DayFigure, Figures, PlaceFigure, ScoreFigure
from citycard.insight.funnel import StepFigure
from citycard.insight.publishing import Published
from citycard.insight.queries import months
from citycard.insight.tree import Node

_read: dict[tuple[str, dt.date, dt.datetime], Published] = {}
"""What this process has read: an edition never changes."""


def edition_months() -> list[dt.date]:
    """List the months that went out, newest first: what everybody may see."""
    found = rows("SELECT month FROM insight_edition ORDER BY month DESC")
    return [one.month for one in found]


def editions(*, through: dt.date) -> dict[dt.date, Published]:
    """Return the months that went out, up to one."""
    made = rows("SELECT month, made_at FROM insight_edition WHERE month <= %s", [through])
    database = str(connection.settings_dict["NAME"])
    new = [one.month for one in made if (database, one.month, one.made_at) not in _read]
    for one in rows(
        "SELECT month, made_at, content::text AS content FROM insight_edition"
        " WHERE month = ANY(%s::date[])",
        [new],
    ):
        _read[database, one.month, one.made_at] = _published(json.loads(one.content))
    return {one.month: _read[database, one.month, one.made_at] for one in made}


def next_edition(*, now: dt.datetime) -> dt.date | None:
    """Return the oldest month that has not gone out, where it may: its late days are over, all its
    taps are counted, and none came since its people were. None goes out before an earlier one."""
    out = set(edition_months())
    waiting = min((month for month in months() if month not in out), default=None)
    if waiting is None or city_time().day(now) < closes_on(waiting):
        return None
    return waiting if city_people(month=waiting) and not waits(month=waiting) else None


def closes_on(month: dt.date) -> dt.date:
    """Return the day from which a month may go out: nothing of it is awaited any more."""
    end = (month + dt.timedelta(days=32)).replace(day=1)
    late = int(current_pack().table("activities")["late_upload_days"])
    return end + dt.timedelta(days=late)


def keep_edition(*, edition: Published, now: dt.datetime) -> None:
    """Keep a month as it goes out; one that went out stays as it was."""
    with unit_of_work():
        execute(
            "INSERT INTO insight_edition (month, made_at, content) VALUES (%s, %s, %s::jsonb)"
            " ON CONFLICT (month) DO NOTHING",
            [edition.month, now, json.dumps(_said(edition), default=str)],
        )


def _said(edition: Published) -> dict[str, Any]:
    return {
        "month": edition.month,
        "least": edition.least,
        "top": _node_said(edition.top),
        "pages": [asdict(page) for _, page in sorted(edition.pages.items())],
    }


def _node_said(node: Node) -> dict[str, Any]:
    children = [_node_said(child) for child in node.children]
    return {**vars(node), "names": dict(node.names), "children": children}


def _published(said: Mapping[str, Any]) -> Published:
    pages = [_page(one) for one in said["pages"]]
    return Published(
        month=dt.date.fromisoformat(said["month"]),
        least=said["least"],
        top=_node(said["top"]),
        pages={(page.service, page.agency): page for page in pages},
    )


def _node(said: Mapping[str, Any]) -> Node:
    return Node(**{**said, "children": tuple(_node(one) for one in said["children"])})


def _page(said: Mapping[str, Any]) -> Figures:
    days = [{**one, "day": dt.date.fromisoformat(one["day"])} for one in said["days"]]
    tables = {
        "places": tuple(PlaceFigure(**one) for one in said["places"]),
        "days": tuple(DayFigure(**one) for one in days),
        "bands": tuple(BandFigure(**one) for one in said["bands"]),
        "intervals": tuple(BandFigure(**one) for one in said["intervals"]),
        "scores": tuple(ScoreFigure(**one) for one in said["scores"]),
        # months that went out before there were funnels have none
        "funnel": tuple(StepFigure(**one) for one in said.get("funnel", ())),
    }
    return Figures(**{**said, "month": dt.date.fromisoformat(said["month"]), **tables})
