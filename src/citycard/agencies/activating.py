"""Bringing agencies, places and counters up to what the pack says."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from citycard.agencies.events import PackActivated
from citycard.infra.database import execute
from citycard.infra.journal import announce
from citycard.infra.packs import Pack
from citycard.infra.unit_of_work import require_unit_of_work

_AGENCIES = """
INSERT INTO agencies_agency AS a (code, names, kind, under, pays, active)
SELECT p.code, p.names::jsonb, p.kind, p.under, p.pays, true
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bool[]) AS p(code, names, kind,
under, pays)
ON CONFLICT (code) DO UPDATE SET names = excluded.names, kind = excluded.kind, under =
excluded.under,
    pays = excluded.pays, active = true
"""

_PLACES = """
INSERT INTO agencies_place AS a (code, names, agency, district, kind, serves, active)
SELECT p.code, p.names::jsonb, p.agency, p.district, p.kind, string_to_array(p.serves, ' '), true
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
  AS p(code, names, agency, district, kind, serves)
ON CONFLICT (code) DO UPDATE SET names = excluded.names, agency = excluded.agency,
    district = excluded.district, kind = excluded.kind, serves = excluded.serves, active = true
"""

_COUNTERS = """
INSERT INTO agencies_counter AS a (code, names, agency, district, prints, active)
SELECT p.code, p.names::jsonb, p.agency, p.district, p.prints, true
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bool[])
  AS p(code, names, agency, district, prints)
ON CONFLICT (code) DO UPDATE SET names = excluded.names, agency = excluded.agency,
    district = excluded.district, prints = excluded.prints, active = true
"""

_RETIRE = {
    "agencies": "UPDATE agencies_agency SET active = false WHERE active AND code <>"
    " ALL(%s::text[])",
    "places": "UPDATE agencies_place SET active = false WHERE active AND code <> ALL(%s::text[])",
    "counters": "UPDATE agencies_counter SET active = false WHERE active AND code <>"
    " ALL(%s::text[])",
}


def activate(*, pack: Pack, now: dt.datetime) -> None:
    """Bring agencies, places and counters up to a pack; what it no longer has becomes inactive.

    Staff and devices are the city's own and stay. Repeating changes nothing. Announces
    ``agencies.pack.activated``.
    """
    require_unit_of_work()
    agencies = pack.table("agencies")["agencies"]
    _upsert(_AGENCIES, [_agency(code, one) for code, one in agencies.items()])
    places = [_place(code, one, "place") for code, one in pack.table("places")["places"].items()]
    places += [_place(code, one, "kiosk") for code, one in pack.table("kiosks")["kiosks"].items()]
    _upsert(_PLACES, places)
    counters = pack.table("counters")["counters"]
    _upsert(_COUNTERS, [_counter(code, one) for code, one in counters.items()])
    execute(_RETIRE["places"], [[place[0] for place in places]])
    execute(_RETIRE["counters"], [list(counters)])
    execute(_RETIRE["agencies"], [list(agencies)])
    announce(PackActivated(pack_hash=pack.hash))


def _upsert(sql: str, table: Sequence[tuple[Any, ...]]) -> None:
    if table:
        execute(sql, [list(column) for column in zip(*table, strict=True)])


def _agency(code: str, one: Mapping[str, Any]) -> tuple[Any, ...]:
    return (code, _names(one), one["kind"], one.get("under", ""), bool(one.get("pays", False)))


def _place(code: str, one: Mapping[str, Any], kind: str) -> tuple[Any, ...]:
    serves = " ".join(one.get("serves", []))
    return (code, _names(one), one["agency"], one.get("district", ""), kind, serves)


def _counter(code: str, one: Mapping[str, Any]) -> tuple[Any, ...]:
    prints = bool(one.get("prints", False))
    return (code, _names(one), one["agency"], one.get("district", ""), prints)


def _names(one: Mapping[str, Any]) -> str:
    return json.dumps(one["name"], ensure_ascii=False)
