"""Reads what points pay, with the rows and limits that stand with rights and units."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from citycard.fares.book import Limit, Line, Points, PointsRow, PointsRule, Stop, as_column
from citycard.fares.nodes import Node, dated
from citycard.fares.reading_concessions import ends_of, scope_of
from citycard.rules.api import nearest_word

_NOTHING = as_column([])


class Places(NamedTuple):
    """What a rule's names are looked up in."""

    lines: Sequence[Line]
    stops: Sequence[Stop]
    categories: Sequence[str]


def read_points(
    root: Node,
    lines: Sequence[Line],
    stops: Sequence[Stop],
    rights: Mapping[str, Any],
    units: Mapping[str, Any],
) -> tuple[Points, tuple[str, ...]]:
    """Return the rules for points, and the categories they name."""
    points = root.below("points")
    categories = tuple(
        dict.fromkeys(rule.value["category"] for rule in points.below("rules").each())
    )
    rules: list[PointsRule] = []
    for rule in _ordered(points, lines):
        rules += _rules(rule, root, Places(lines, stops, categories), rights)
    limits, limit_of = _limits(points, units, categories)
    partial = points.below("partial")
    return Points(
        unit=points.value["unit"],
        fund=points.below("fund").place("funds"),
        partial_spans=dated(partial),
        partial=np.array([row.value["use"] for row in partial.each()], dtype=np.bool_),
        rules=tuple(rules),
        limits=limits,
        limit_of=limit_of,
        source=points.value["source"],
    ), categories


def _ordered(points: Node, lines: Sequence[Line]) -> list[Node]:
    """Return the rules in their order; two that could both hold need one."""
    rules, order = points.below("rules"), points.value.get("order", [])
    for named in points.below("order").each() if order else ():
        if named.value not in rules.value:
            named.refuse(
                f"there is no rule “{named.value}”", nearest_word(named.value, rules.value)
            )
    left = [code for code in rules.value if code not in order]
    for rule, other in combinations(sorted(rules.value), 2):
        one, two = rules.below(rule), rules.below(other)
        same = one.bits("who", "marks") & two.bits("who", "marks")
        if (
            (rule in left or other in left)
            and same
            and (scope_of(one, lines) & scope_of(two, lines)).any()
        ):
            two.refuse(f"“{rule}” could hold, too; say in “order” which comes first")
    return [rules.below(code) for code in (*order, *left)]


def _rules(
    rule: Node,
    root: Node,
    places: Places,
    rights: Mapping[str, Any],
) -> list[PointsRule]:
    """Return the rule, or one for each right whose own rows it takes."""
    if rule.has("rows"):
        return [_rule(rule, rule.below("rows"), rule.bits("who", "marks"), places)]
    found = []
    for mark in rule.below("who").each():
        bit = 1 << mark.place("marks")
        right = root.value["marks"][mark.value].get("entitlement")
        spends = rights.get(right, {}).get("spends_on", {}) if right else {}
        if rule.value["category"] not in spends:
            mark.refuse(f"“{right}” spends nothing on “{rule.value['category']}”")
        # a mistake in the right's rows is told at the mark, which stands in this table
        rows = Node(spends[rule.value["category"]], mark.path, root.names)
        found.append(_rule(rule, rows, bit, places))
    return found


def _rule(rule: Node, rows: Node, who: int, places: Places) -> PointsRule:
    return PointsRule(
        code=rule.code,
        who=who,
        scope=scope_of(rule, places.lines),
        ends=ends_of(rule, places.stops),
        category=places.categories.index(rule.value["category"]),
        granted=rule.value.get("account", "allowance") == "city",
        spans=dated(rows),
        rows=tuple(_row(row) for row in rows.each()),
        source=str(rule.value.get("source", "")),
    )


def _row(row: Node) -> PointsRow:
    """Return a row; where it says whether a part will do, that goes before the city's own word."""
    kind = next((kind for kind in _KINDS if row.has(kind)), None)
    if kind is None:
        row.refuse("a row says all, none, a cap, points, points_per_section or steps")
    return _KINDS[kind](row)._replace(partial=row.value.get("partial"))


def _steps(row: Node) -> PointsRow:
    steps = row.value["steps"]
    edges = [step["fare_up_to"] for step in steps if "fare_up_to" in step]
    wanted = [step["points"] for step in steps]
    if sorted(set(edges)) != edges or len(wanted) - len(edges) not in (0, 1):
        row.refuse("steps end at fares that grow; only the last is open above")
    if len(wanted) == len(edges):
        wanted.append(0)
    elif steps[-1].get("fare_above") != edges[-1]:
        row.refuse("the steps leave a gap or overlap")
    return PointsRow("steps", 0, as_column(edges), as_column(wanted))


_KINDS: dict[str, Callable[[Node], PointsRow]] = {
    "steps": _steps,
    "cap": lambda row: PointsRow("cap", row.value["cap"], _NOTHING, _NOTHING),
    # so many points of a use are a cap on it: a point is a dollar
    "points": lambda row: PointsRow("cap", row.value["points"], _NOTHING, _NOTHING),
    "points_per_section": lambda row: PointsRow(
        "sections", row.value["points_per_section"], _NOTHING, _NOTHING
    ),
    "all": lambda row: PointsRow("all", 0, _NOTHING, _NOTHING),
    "none": lambda row: PointsRow("none", 0, _NOTHING, _NOTHING),
}


def _limits(
    points: Node, units: Mapping[str, Any], categories: Sequence[str]
) -> tuple[tuple[Limit, ...], Any]:
    unit = points.value["unit"]
    if unit not in units:
        points.below("unit").refuse(f"there is no unit “{unit}”")
    told = units[unit].get("monthly", {}).get("limits", {})
    limit_of = as_column([-1] * (len(categories) + 1))
    limits = []
    for place, (code, limit) in enumerate(told.items()):
        rows = Node(limit["each_month"], points.below("unit").path, points.names)
        amounts = as_column([row.value["amount"] for row in rows.each()])
        limits.append(Limit(code=code, spans=dated(rows), points=amounts))
        for category in set(limit["on"]) & set(categories):
            limit_of[categories.index(category)] = place
    return tuple(limits), limit_of
