"""Reads a pack's fares into a book: names become places, figures whole numbers."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from citycard.fares.book import FIRST_REASONS, Book, Fund, Mark, Purse, as_column
from citycard.fares.nodes import Names, Node, dated
from citycard.fares.reading_concessions import read_concessions
from citycard.fares.reading_lines import read_lines, read_stops
from citycard.fares.reading_points import read_points
from citycard.fares.reading_tariffs import read_tariffs
from citycard.infra.packs.texts import Text

Tables = Callable[[str], Any]

LONGEST_MINUTES = 6 * 60
"""How long a ride lasts at most where a mode doesn't say it."""


def read_book(
    fares: Mapping[str, Any],
    *,
    rights: Mapping[str, Any],
    units: Mapping[str, Any],
    is_off: Callable[[dt.date], bool],
) -> Book:
    """Read the table ``fares`` of a pack.

    :param rights: the pack's entitlements, for what they spend points on
    :param units: the pack's units, for the limits of the monthly one
    :param is_off: which days are days off
    :raises BadRule: with the path to what can't be read.
    """
    fares = in_order(fares)
    names = Names.of(fares)
    root = Node(fares, (), names)
    lines = read_lines(root)
    stops, metres, sections = read_stops(root, lines)
    tariffs = read_tariffs(root.below("tariffs"))
    concessions, scopes = read_concessions(root, lines, stops, is_off)
    points, categories = read_points(root, lines, stops, rights, units)
    return Book(
        lines=lines,
        stops=stops,
        modes=names.modes,
        media=names.media,
        marks=tuple(_mark(code, each) for code, each in fares["marks"].items()),
        funds=tuple(_fund(code, each) for code, each in fares["funds"].items()),
        categories=categories,
        concessions=concessions,
        reasons=(*FIRST_REASONS, *(each.code for each in concessions)),
        tariffs=tariffs,
        tariff_names=tuple(Text.read(each["name"]) for each in fares["tariffs"].values()),
        tariff_sources=tuple(str(each["source"]) for each in fares["tariffs"].values()),
        points=points,
        purse=_purse(root),
        line_mode=as_column([line.mode for line in lines]),
        line_tariff=as_column([line.tariff for line in lines]),
        line_is_ride=_are_rides(fares, [line.mode for line in lines]),
        line_concessions=scopes,
        mode_longest_s=_longest(fares["modes"]),
        stop_metres=metres,
        stop_sections=sections,
        class_operators={code: tuple(each["operators"]) for code, each in fares["classes"].items()},
        class_numbers={code: _numbers(each) for code, each in fares["classes"].items()},
    )


def in_order(value: Any) -> Any:
    """Return a table with its keys sorted: their order in the file says nothing, as it says nothing
    to a pack's hash, so that a stored pack gives the same places."""
    if isinstance(value, Mapping):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(each) for each in value] if isinstance(value, list) else value


def _numbers(group: Mapping[str, Any]) -> tuple[int, int] | None:
    return (group["numbers"][0], group["numbers"][1]) if "numbers" in group else None


def _are_rides(fares: Mapping[str, Any], modes: Sequence[int]) -> Any:
    rides = [mode["what"] == "ride" for mode in fares["modes"].values()]
    return np.array([rides[mode] for mode in modes], dtype=np.bool_)


def _longest(modes: Mapping[str, Any]) -> Any:
    minutes = [mode.get("longest_ride_minutes", LONGEST_MINUTES) for mode in modes.values()]
    return as_column([each * 60 for each in minutes])


def _mark(code: str, each: Mapping[str, Any]) -> Mark:
    age = each.get("age", {})
    return Mark(
        code=code,
        name=Text.read(each["name"]),
        entitlement=each.get("entitlement"),
        gift=dict(each.get("gift", {})),
        carried=bool(each.get("carried", False)),
        profiles=tuple(each.get("profile", ())),
        card_kinds=tuple(each.get("card_kinds", ())),
        age_from=age.get("from"),
        age_below=age.get("below"),
        tickets=tuple(each.get("ticket", ())),
    )


def _fund(code: str, each: Mapping[str, Any]) -> Fund:
    return Fund(code, Text.read(each["name"]), each["column"], str(each.get("agency", "")))


def _purse(root: Node) -> Purse:
    overdrafts = []
    for code in root.value["media"]:
        rows = root.below("media").below(code).below("overdraft")
        overdrafts.append((dated(rows), as_column([row.value["ntd"] for row in rows.each()])))
    payment = root.value["payment"]
    return Purse(
        boards_at_ntd=payment["boards_at_ntd"],
        overdraft=tuple(overdrafts),
        source=payment["source"],
    )
