"""Reads what rides are made on: classes of lines, named routes, their stops."""

from collections.abc import Sequence

from citycard.fares.book import Line, Stop, as_column
from citycard.fares.nodes import Node
from citycard.fares.reading_tariffs import metres
from citycard.fares.values import NONE, Column

BOTH_WAYS = 2


def read_lines(root: Node) -> tuple[Line, ...]:
    """Return one line for each operator of a class, and one for each named route."""
    lines = []
    for group in root.below("classes").each():
        for operator in group.below("operators").each():
            operator.place("operators")
            _check_alone(group, operator, root.below("classes"))
            lines.append(_line(group, operator.value, "", group))
    for route in root.below("routes").each() if root.has("routes") else ():
        route.below("class").place("classes")
        group = root.below("classes").below(route.value["class"])
        own = "operator" in route.value
        if own:
            route.below("operator").place("operators")
        for operator in [route.value["operator"]] if own else group.value["operators"]:
            line = _line(group, operator, route.value["route"], route)
            if any(
                each.named and each[1] == operator and each.route == line.route for each in lines
            ):
                route.below("route").refuse(
                    f"there is a route “{line.route}” of “{operator}” already"
                )
            lines.append(line)
    return tuple(lines)


def _check_alone(group: Node, operator: Node, groups: Node) -> None:
    """Refuse two classes in which a route of an operator could stand."""
    first, last = group.value.get("numbers", (0, 0))
    for other in groups.each():
        if other.code >= group.code or operator.value not in other.value["operators"]:
            continue
        begin, end = other.value.get("numbers", (0, 0))
        both = group.has("numbers") == other.has("numbers")
        if both and begin <= last and first <= end:
            message = f"a route of “{operator.value}” could be of the class “{other.code}”, too"
            operator.refuse(message)


def _line(group: Node, operator: str, route: str, said: Node) -> Line:
    tariff = said.below("tariff") if said.has("tariff") else group.below("tariff")
    return Line(
        code=said.code,
        operator=operator,
        group=group.code,
        route=route,
        mode=group.below("mode").place("modes"),
        tariff=tariff.place("tariffs"),
        named=said is not group,
    )


def read_stops(root: Node, lines: Sequence[Line]) -> tuple[tuple[Stop, ...], Column, Column]:
    """Return the stops of named routes, their metres in each direction, and their sections."""
    stops: list[Stop] = []
    far: list[list[int]] = [[], []]
    sections: list[list[int]] = [[], []]
    for place, line in enumerate(lines):
        if line.named and root.below("routes").below(line.code).has("stops"):
            _add(root.below("routes").below(line.code).below("stops"), place, stops, far, sections)
        group = root.below("classes").below(line.group)
        for node in group.below("stops").each() if group.has("stops") else ():
            _add_nowhere(node, place, stops, [*far, *sections])
    return (
        tuple(stops),
        as_column([*far[0], *far[1]]).reshape(2, -1),
        as_column([*sections[0], *sections[1]]).reshape(2, -1),
    )


def _add(
    ways: Node, line: int, stops: list[Stop], far: list[list[int]], sections: list[list[int]]
) -> None:
    """Add a route's stops; a stop that has a namesake on the way back stands there, too."""
    named = [_by_name(way) for way in ways.each()]
    for direction, way in enumerate(ways.each()):
        seen = {stop.code for stop in stops if stop.line == line}
        for node in way.each():
            if node.value["stop"] in seen:
                continue
            stops.append(Stop(line, node.value["stop"], node.value["name"]))
            for other in range(BOTH_WAYS):
                there = named[other].get(node.value["name"], NONE) if other < len(named) else NONE
                far[other].append(_metres(node) if other == direction else there)
            here = node.value.get("sections", [NONE])
            sections[0].append(min(here))
            sections[1].append(max(here))


def _add_nowhere(node: Node, line: int, stops: list[Stop], columns: list[list[int]]) -> None:
    """Add a stop that has a name only, unless the line's route knows where it lies."""
    if not any(stop.line == line and stop.code == node.value["stop"] for stop in stops):
        stops.append(Stop(line, node.value["stop"], node.value["name"]))
        for column in columns:
            column.append(NONE)


def _metres(node: Node) -> int:
    return metres(node, "km") if node.has("km") else NONE


def _by_name(way: Node) -> dict[str, int]:
    """Return where the stops of a direction stand that have a name of their own."""
    found: dict[str, list[int]] = {}
    last = NONE
    for node in way.each():
        here = _metres(node)
        if here != NONE and here < last:
            node.below("km").refuse("a stop does not lie before the one ahead of it")
        last = max(last, here)
        found.setdefault(node.value["name"], []).append(here)
    return {name: places[0] for name, places in found.items() if len(places) == 1}
