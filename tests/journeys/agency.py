"""What an organiser does at the agency's door, and what the ledger says about it."""

import csv
import datetime as dt
import io
import re
from typing import Any

from tests.harness.live import Device, LiveCity
from tests.harness.visiting import Visitor

_SUM = """
SELECT coalesce(sum(t.amount), 0) FROM pub.ledger_transfers t
JOIN pub.campaigns c ON c.fund_id = t.from_fund
WHERE c.campaign_id = %s AND t.from_class = %s AND t.to_class = %s
"""


def enrol_reader(
    organiser: Visitor, code: str, *, place: str, number_profile: str = "easycard_printed"
) -> Device:
    """Enrol a reader; its key is shown this once."""
    organiser.open("/agency/devices/")
    page = organiser.fill(code=code, place=place, service="activity", number_profile=number_profile)
    key = re.search(r"<code[^>]*>([^<]+)</code>", page.html)
    assert key is not None, page
    return Device(code=code, key=key[1], kind="reader", place=place)


def set_up_activity(
    organiser: Visitor,
    *,
    name: str,
    code: str,
    first_day: dt.date,
    last_day: dt.date,
    points: int,
    per_person: int,
    budget: int,
    reader: str,
) -> int:
    """Set an activity up from nothing, step by step, and open it; return its id."""
    organiser.open("/agency/campaigns/new/")
    organiser.fill(preset="")
    organiser.fill(
        name_zh=name, name_en=code, code=code, **_parts("starts_on", first_day),
        **_parts("ends_on", last_day),
    )  # fmt: skip
    organiser.fill(
        points_per_tap=points, per_person_cap=per_person, budget=budget, residents_only="on"
    )
    assert organiser.page is not None
    devices = re.search(rf'value="(\d+)"[^>]*>[^<]*{reader}', organiser.page.html) or re.search(
        rf'name="devices" value="(\d+)"(?:(?!name="devices").)*?{reader}',
        organiser.page.html,
        re.DOTALL,
    )
    assert devices is not None, organiser.page
    organiser.fill(devices=[devices[1]])
    assert f"{budget:,}" in organiser.page
    organiser.fill(action="/check/")
    organiser.fill(action="/change/", do="open")
    found = re.search(r"/campaigns/(\d+)/", organiser.page.path)
    assert found is not None, organiser.page
    assert "這個活動還沒開放" not in organiser.page
    return int(found[1])


def list_of(organiser: Visitor, campaign: int) -> list[dict[str, Any]]:
    """Download an activity's list; its last line holds the sums."""
    content = organiser.download(f"/agency/campaigns/{campaign}/list.csv").decode("utf-8-sig")
    return [
        {"name": row[1], "taps": int(row[3]), "points": int(row[4]), "redeemed": int(row[5])}
        for row in list(csv.reader(io.StringIO(content)))[1:]
    ]


def given_by_ledger(city: LiveCity, campaign: int) -> int:
    """Return the points that an activity gave, from the ledger itself."""
    return int(city.sql(_SUM, [campaign, "budget", "member"])[0][0])


def redeemed_by_ledger(city: LiveCity, campaign: int) -> int:
    """Return the points of an activity that became stored value, from the ledger itself."""
    return int(city.sql(_SUM, [campaign, "held", "partner"])[0][0])


def revoke(organiser: Visitor, code: str) -> None:
    """Take a reader out of service."""
    listed = organiser.open(f"/agency/devices/?q={code}")
    organiser.open(listed.link(code))
    organiser.fill(because="不再使用", do="revoke")


def _parts(name: str, day: dt.date) -> dict[str, int]:
    return {f"{name}_year": day.year, f"{name}_month": day.month, f"{name}_day": day.day}
