"""Reads concessions: for whom, where and when, and what each takes off."""

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np

from citycard.fares.amounts import Rounding
from citycard.fares.book import Concession, ConcessionRow, Ends, Line, Part, Stop
from citycard.fares.history import LaterOfDay, SecondOfTwo, SoonAfter
from citycard.fares.nodes import Node, dated, few_enough
from citycard.fares.reading_tariffs import metres
from citycard.fares.spans import day_number, day_of
from citycard.fares.taking_off import Cap, Free, Off, Percent, PerSection, RideOn
from citycard.fares.values import Column, Flags
from citycard.infra.packs.texts import Text
from citycard.rules.api import nearest_word

LAST_DAY = day_number(dt.date(2100, 1, 1))
IsOff = Callable[[dt.date], bool]


def read_concessions(
    root: Node, lines: Sequence[Line], stops: Sequence[Stop], is_off: IsOff
) -> tuple[tuple[Concession, ...], Column]:
    """Return the concessions in their order, and for each line the bits of those that cover it."""
    order = root.below("order").below("value")
    few_enough(order, order.value)
    few_enough(root.below("marks"), root.names.marks)
    found, scopes = [], np.zeros(len(lines), dtype=np.int64)
    for place, named in enumerate(order.each()):
        named.place("concessions")
        if named.value in order.value[:place]:
            named.refuse(f"“{named.value}” stands in the order twice")
        node = root.below("concessions").below(named.value)
        found.append(_concession(node, stops, is_off))
        scopes |= scope_of(node, lines).astype(np.int64) << place
    for code in root.names.concessions:
        if code not in order.value:
            order.refuse(f"“{code}” has no place in the order")
    return tuple(found), scopes


def scope_of(node: Node, lines: Sequence[Line]) -> Flags:
    """Tell which lines a concession or a rule covers: all, or those of its modes, classes …"""
    modes, classes = node.places("modes", "modes"), node.places("classes", "classes")
    routes, others = node.places("routes", "routes"), node.places("except_routes", "routes")
    names = node.names
    covered = [
        (not modes or line.mode in modes)
        and (not classes or names.classes.index(line.group) in classes)
        and (not routes or _is_one(line, routes, node))
        and not _is_one(line, others, node)
        for line in lines
    ]
    return np.array(covered, dtype=np.bool_)


def ends_of(node: Node, stops: Sequence[Stop]) -> Ends | None:
    """Return at which stops rides must begin or end; None: anywhere."""
    if not node.has("ends"):
        return None
    kind = "both" if node.below("ends").has("both") else "one"
    known = {stop.code for stop in stops}
    for named in node.below("ends").below(kind).each():
        if named.value not in known:
            nearest = nearest_word(named.value, known)
            named.refuse(f"there is no stop “{named.value}”", nearest)
    wanted = set(node.value["ends"][kind])
    flags = [stop.code in wanted for stop in stops]
    return Ends(np.array([*flags, False], dtype=np.bool_), kind == "both")


def _is_one(line: Line, routes: Sequence[int], node: Node) -> bool:
    return line.named and node.names.routes.index(line.code) in routes


def _concession(node: Node, stops: Sequence[Stop], is_off: IsOff) -> Concession:
    return Concession(
        code=node.code,
        name=Text.read(node.value["name"]),
        source=node.value["source"],
        fund=node.below("fund").place("funds") if node.has("fund") else -1,
        who=node.bits("who", "marks"),
        unless=node.bits("unless", "marks"),
        group=node.value.get("group", ""),
        ends=ends_of(node, stops),
        spans=dated(node.below("rows")),
        rows=tuple(_row(row, is_off) for row in node.below("rows").each()),
    )


def _row(row: Node, is_off: IsOff) -> ConcessionRow:
    kind = next(kind for kind in _READ if row.has(kind))
    days = _days(row.below("on"), is_off) if row.has("on") else None
    return ConcessionRow(_READ[kind](row), days, str(row.value.get("source", "")))


def _days(on: Node, is_off: IsOff) -> Flags:
    """Tell for every day since 1970 whether a row is for it."""
    numbers = np.arange(LAST_DAY)
    days = np.ones(LAST_DAY, dtype=np.bool_)
    if on.has("weekdays"):
        days &= np.isin((numbers + 3) % 7 + 1, on.value["weekdays"])
    if on.has("days_of_month"):
        dates = numbers.astype("datetime64[D]")
        of_month = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
        days &= np.isin(of_month, on.value["days_of_month"])
    if on.has("holidays"):
        off = [is_off(day_of(int(number))) for number in numbers[days]]
        days[days] = np.array(off, dtype=np.bool_) == on.value["holidays"]
    return days


def _percent(row: Node) -> tuple[Part, ...]:
    value = row.value
    return _one(
        Percent(
            percent=value["percent"],
            unrounded=value["of"] == "unrounded",
            rounding=Rounding(value["rounding"]),
        )
    )


def _free_km(row: Node) -> tuple[Part, ...]:
    whole = row.value["beyond"] == "whole"
    return _one(Free(measure="metres", size=metres(row, "free_km"), whole=whole))


def _mileage(row: Node) -> tuple[Part, ...]:
    mileage = row.below("mileage")
    base = metres(mileage, "base_km")
    if mileage.value["reading"] == "ride_on":
        return _one(RideOn(base_metres=base))
    pair = SecondOfTwo(seconds=mileage.value["within_minutes"] * 60)
    return (Part(pair, Free(measure="metres", size=base)),)


def _transfer(row: Node) -> tuple[Part, ...]:
    transfer = row.below("transfer")
    soon = SoonAfter(
        seconds=transfer.value["within_minutes"] * 60,
        modes=frozenset(transfer.places("from_modes", "modes")),
        chained=transfer.value["window"] == "first",
    )
    if transfer.has("off_ntd"):
        return (Part(soon, Off(ntd=transfer.value["off_ntd"])),)
    if transfer.has("free_km"):
        return (Part(soon, Free(measure="metres", size=metres(transfer, "free_km"))),)
    if transfer.has("free_sections"):
        return (Part(soon, Free(measure="sections", size=transfer.value["free_sections"])),)
    percent = Percent(percent=transfer.value["percent"], unrounded=False, rounding=Rounding.NEAREST)
    return (Part(soon, percent),)


def _first_of_day(row: Node) -> tuple[Part, ...]:
    rule = row.value["first_of_day"]
    later = LaterOfDay(first=False, needs_tap_out=rule["needs_tap_out"])
    parts = [Part(later, Cap(ntd=0))]
    if "ntd" in rule:
        first = LaterOfDay(first=True, needs_tap_out=rule["needs_tap_out"])
        parts.insert(0, Part(first, Cap(ntd=rule["ntd"])))
    return tuple(parts)


def _one(step: Percent | PerSection | Cap | Off | Free | RideOn) -> tuple[Part, ...]:
    return (Part(None, step),)


_READ: dict[str, Callable[[Node], tuple[Part, ...]]] = {
    "percent": _percent,
    "per_section_ntd": lambda row: _one(PerSection(ntd=row.value["per_section_ntd"])),
    "cap_ntd": lambda row: _one(Cap(ntd=row.value["cap_ntd"])),
    "off_ntd": lambda row: _one(Off(ntd=row.value["off_ntd"])),
    "free_km": _free_km,
    "mileage": _mileage,
    "transfer": _transfer,
    "first_of_day": _first_of_day,
    "ended": lambda row: (),
}
