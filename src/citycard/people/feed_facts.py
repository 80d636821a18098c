"""From a register's change to the facts and columns that follow. Pure."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from citycard.people.feed_writing import day_of


@dataclass(frozen=True, slots=True)
class Said:
    """A fact that a change says, from its day on."""

    name: str
    value: Any
    valid_from: dt.date
    valid_to: dt.date | None = None


def facts_of(kind: str, on: dt.date, says: Mapping[str, str]) -> Iterator[Said]:
    """Yield what a change says; a death, a new name and a new number are no facts but columns."""
    code = says.get("code", "")
    if kind == "moved":
        yield Said("registered_city", says["city"], on)
        yield Said("registered_district", says.get("district_name", says.get("district")), on)
        yield Said("registered_since", on.isoformat(), on)
    elif kind in ("married", "divorced") and code:
        yield Said(f"relation.{code}", kind == "married", on)
    elif kind in ("enrolled", "graduated"):
        ends = on.isoformat() if kind == "graduated" else _iso(says.get("valid_to"))
        school = {"level": code, "in_city": True, "graduates_on": ends, "code": says.get("place")}
        yield Said("school", {name: value for name, value in school.items() if value}, on)
    elif kind == "left_school":
        yield Said("school", {}, on)
    elif kind == "certificate_issued":
        yield Said(f"status.{code}", True, on, day_of(says.get("valid_to", "")))
    elif kind in ("certificate_expired", "certificate_revoked"):
        yield Said(f"status.{code}", False, on)


def columns_of(kind: str, on: dt.date, says: Mapping[str, str], city: str) -> dict[str, Any]:
    """Return what changes in the member's own columns."""
    if kind == "died":
        return {"died_on": on}
    if kind == "renamed":
        return {"name": says["new_name"]}
    if kind == "moved":
        district = says.get("district") or ("" if says["city"] == city else says["city"])
        return {"district": district, "village": says.get("village", "")}
    return {}


def _iso(text: str | None) -> str | None:
    day = day_of(text or "")
    return day.isoformat() if day else None
