"""Reads tariffs: each kind's row into what prices it."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from citycard.fares.amounts import Rounding, scaled
from citycard.fares.book import as_column
from citycard.fares.nodes import Node, dated
from citycard.fares.tariffs import (
    ByBand,
    ByDistance,
    BySection,
    ByTime,
    Flat,
    Missing,
    Period,
    Tariff,
    Tariffs,
    Told,
)
from citycard.fares.values import MICRO, NONE

_LONGEST = 2**40


def read_tariffs(tariffs: Node) -> Tariffs:
    """Read all tariffs, row by row."""
    rows: list[Tariff] = []
    spans, firsts = [], []
    for tariff in tariffs.each():
        firsts.append(len(rows))
        spans.append(dated(tariff.below("rows")))
        rows += [_READ[row.value["kind"]](row) for row in tariff.below("rows").each()]
    return Tariffs(tuple(rows), tuple(spans), tuple(firsts))


def metres(node: Node, step: str) -> int:
    """Return kilometres below as metres."""
    return _parts(node.below(step), 1000)


def _parts(node: Node, unit: int) -> int:
    try:
        return scaled(node.value, unit)
    except ValueError as error:
        node.refuse(str(error))


def _common(row: Node) -> dict[str, Any]:
    missing = row.value.get("missing")
    common: dict[str, Any] = {"source": str(row.value.get("source", ""))}
    if missing is not None:
        half = missing.get("half_ntd", missing["full_ntd"])
        marks = row.below("missing").bits("half_for", "marks")
        common["missing"] = Missing(full_ntd=missing["full_ntd"], half_ntd=half, half_marks=marks)
    return common


def _flat(row: Node) -> Tariff:
    return Flat(ntd=row.value["ntd"], **_common(row))


def _sections(row: Node) -> Tariff:
    cost = _parts(row.below("cost_ntd"), MICRO) if row.has("cost_ntd") else 0
    fund = row.below("fund").place("funds") if row.has("fund") else -1
    if cost and cost < row.value["ntd"] * MICRO:
        row.below("cost_ntd").refuse("a section costs less than the passenger pays")
    return BySection(
        ntd=row.value["ntd"],
        otherwise=row.value.get("sections_if_unknown", NONE),
        cost_micro=cost,
        cost_fund=fund,
        **_common(row),
    )


def _distance(row: Node) -> Tariff:
    return ByDistance(
        base_metres=metres(row, "base_km"),
        micro_a_km=_parts(row.below("per_km_ntd"), MICRO),
        minimum_ntd=row.value.get("minimum_ntd", 0),
        rounding=Rounding(row.value["rounding"]),
        **_common(row),
    )


def _bands(row: Node) -> Tariff:
    bands = list(row.below("bands").each())
    edges = [metres(band, "up_to_km") for band in bands[:-1] if band.has("up_to_km")]
    if len(edges) != len(bands) - 1 or not bands[-1].has("above_km"):
        row.below("bands").refuse("all bands but the last end at “up_to_km”, the last is above")
    for number, (near, far) in enumerate(pairwise(edges), start=1):
        if far <= near:
            bands[number].refuse("this band does not come after the one before")
    if metres(bands[-1], "above_km") != edges[-1]:
        bands[-1].refuse("the bands leave a gap or overlap")
    prices = [band.value["ntd"] for band in bands]
    return ByBand(edges=as_column(edges), prices=as_column(prices), **_common(row))


def _timed(row: Node) -> Tariff:
    periods, after = [], 0
    steps = list(row.below("steps").each())
    for step in steps:
        up_to = step.value.get("up_to_minutes", _LONGEST // 60) * 60
        if up_to <= after or (step is not steps[-1]) != step.has("up_to_minutes"):
            step.refuse("steps follow each other, and only the last one is open")
        periods.append(Period(after, up_to, step.value["every_minutes"] * 60, step.value["ntd"]))
        after = up_to
    return ByTime(periods=tuple(periods), **_common(row))


def _told(row: Node) -> Tariff:
    return Told(**_common(row))


_READ: dict[str, Callable[[Node], Tariff]] = {
    "flat": _flat,
    "sections": _sections,
    "distance": _distance,
    "bands": _bands,
    "timed": _timed,
    "told": _told,
}
