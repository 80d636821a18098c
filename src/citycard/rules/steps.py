"""Step tables: amounts that depend on where a measure falls, such as a fare up to 100 and above
100."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from citycard.rules.mistakes import Path
from citycard.rules.reading import Node

_UP_TO, _ABOVE = "_up_to", "_above"


@dataclass(frozen=True)
class Steps:
    """Values by the size of a measure: step *i* holds up to ``edges[i]``, the last one above the
    last edge.

    A table may end at its last edge; above it there is then no value.
    """

    measure: str
    edges: tuple[int, ...]
    values: tuple[Mapping[str, Any] | None, ...]

    def at(self, size: int) -> Mapping[str, Any] | None:
        """Return the value for a size; an edge itself belongs to the step below it."""
        return self.values[bisect_left(self.edges, size)]


def read_steps(node: Node) -> Steps:
    """Read ``[{fare_up_to: 100, points: 36}, {fare_above: 100, points: 72}]``.

    :raises BadRule: when the steps overlap, leave a gap or measure different things.
    """
    measure = ""
    edges: list[int] = []
    values: list[Mapping[str, Any] | None] = []
    rows = node.each()
    for row in rows:
        named, kind, edge = _edge(row)
        if measure and named != measure:
            row.refuse(f"this step measures “{named}”, the first one “{measure}”")
        measure = named
        if kind == _ABOVE:
            _check_last(row, rows, edges, edge)
        elif edges and edge <= edges[-1]:
            row.refuse(f"{edge} does not come after {edges[-1]}")
        else:
            edges.append(edge)
        values.append({k: v for k, v in row.value.items() if k != f"{named}{kind}"})
    if len(values) == len(edges):
        values.append(None)
    return Steps(measure, tuple(edges), tuple(values))


def _check_last(row: Node, rows: list[Node], edges: list[int], edge: int) -> None:
    if row.path != rows[-1].path or not edges:
        row.refuse("only the last of several steps is open above")
    if edge != edges[-1]:
        row.refuse(f"the steps leave a gap or overlap between {edges[-1]} and {edge}")


def _edge(row: Node) -> tuple[str, str, int]:
    keys = row.value if isinstance(row.value, Mapping) else {}
    path: Path = row.path
    for kind in (_UP_TO, _ABOVE):
        for key in keys:
            if key.endswith(kind):
                edge = Node(keys[key], (*path, key), row.names).years()
                return key.removesuffix(kind), kind, edge
    row.refuse("a step names its edge, such as fare_up_to or fare_above")
