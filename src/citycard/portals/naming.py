"""Names of the pack's codes in the reader's language: agencies, places, services and the like."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language

from citycard.agencies import api as agencies
from citycard.infra.packs import Text, current_pack

# kind → the pack's tables that may hold the code, and the key of the rows in each
_TABLES: dict[str, tuple[tuple[str, str | None], ...]] = {
    "service": (("services", "services"), ("entitlements", None)),
    "agency": (("agencies", "agencies"),),
    "place": (("places", "places"), ("kiosks", "kiosks"), ("counters", "counters")),
    "counter": (("counters", "counters"),),
    "district": (("districts", None),),
    "unit": (("points", "units"),),
    "partner": (("points", "partners"), ("agencies", "agencies")),
    "conversion": (("points", "conversions"),),
    "status": (("statuses", "statuses"),),
    "register": (("statuses", "registers"), ("statuses", "statuses")),
    "paper": (("papers", "papers"),),
    "card_kind": (("cards", "kinds"),),
    "medium": (("cards", "media"),),
    "entitlement": (("entitlements", None),),
}


def name_of(kind: str, code: str) -> str:
    """Return the name of a code; a code that the pack doesn't know stands for itself."""
    pack = current_pack()
    if kind == "step":
        return in_language(pack.table("kpis")["measures"]["funnel"]["steps"][code]["name"])
    for table, inner in _TABLES[kind]:
        content = pack.table(table)
        row = (content.get(inner) or {} if inner else content).get(code)
        if isinstance(row, Mapping) and "name" in row:
            return in_language(row["name"])
    return code


def in_language(names: Mapping[str, Any] | Text | str) -> str:
    """Return the one of a text's languages that the reader uses; Chinese where there is no
    other."""
    if isinstance(names, str):
        return names
    if isinstance(names, Text):
        return names.in_(get_language() or "zh-hant")
    if (get_language() or "zh-hant").startswith("en") and names.get("en"):
        return str(names["en"])
    return str(names.get("zh-Hant", ""))


def name_of_staff(actor_id: str) -> str:
    """Return the name of whoever acted, where it was a member of staff; nothing otherwise."""
    kind, _, number = actor_id.partition(":")
    if kind != "staff" or not number.isdigit():
        return ""
    try:
        return agencies.staff(staff_id=int(number)).display_name
    except agencies.NoSuchStaff:
        return ""
