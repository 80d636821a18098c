"""The city's tree of uses: every parent is the sum of its children, small cells hidden. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.insight.hiding import Sum, hidden_cells

Names = Mapping[str, str]
OTHER: Names = {"zh-Hant": "其他", "en": "Other"}


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """Uses at one place: the finest cell of the tree."""

    service: str
    agency: str
    place: str
    uses: int


People = Mapping[tuple[str, ...], int]
"""Distinct people of (service,), (service, agency) and (service, agency, place)."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A cell of the tree as it may be shown.

    :ivar code: path of codes from the top, joined by ``/``
    :ivar kind: ``all``, ``category``, ``service``, ``agency`` or ``place``
    :ivar names: its name in each language; empty for an agency or place, which the reader looks up
    :ivar uses: None where the cell is hidden
    """

    code: str
    kind: str
    names: Names
    uses: int | None
    children: tuple["Node", ...] = ()

    @property
    def own_code(self) -> str:
        """Return the last part of the path."""
        return self.code.rpartition("/")[2]

    @property
    def is_hidden(self) -> bool:
        """Tell whether the figure is kept back."""
        return self.uses is None


@dataclass(kw_only=True)
class _Cell:
    code: str
    kind: str
    names: Names
    uses: int
    people: int
    children: list["_Cell"]


def build_tree(
    *,
    shape: Mapping[str, Any],
    service_names: Mapping[str, Names],
    leaves: Sequence[Leaf],
    people: People,
    least: int,
) -> Node:
    """Sum leaves up the pack's tree and hide what speaks of fewer than `least` people.

    A service that the pack's tree forgot is added under ``other``, so that the top is always
    everything. People of two services can't be told apart (their pseudonyms differ), so a category
    counts the people of its largest child: that hides sooner, never later.
    """
    grower = _Grower(leaves, people, service_names)
    top = grower.grow(shape, "")
    if grower.by_service:
        other = {"code": "other", "name": OTHER, "services": sorted(grower.by_service)}
        children = [*top.children, grower.grow(other, f"{top.code}/")]
        top = _summed(top.code, "all", top.names, children)
    cells = list(_walk(top))
    hidden = hidden_cells(
        people={cell.code: cell.people for cell in cells},
        sums=[
            Sum(total=cell.code, parts=tuple(child.code for child in cell.children))
            for cell in cells
            if cell.children
        ],
        least=least,
    )
    return _shown(top, hidden)


class _Grower:
    """Grows the pack's shape down to places, taking each service's leaves once."""

    def __init__(
        self, leaves: Sequence[Leaf], people: People, service_names: Mapping[str, Names]
    ) -> None:
        self.by_service: dict[str, list[Leaf]] = {}
        for leaf in leaves:
            self.by_service.setdefault(leaf.service, []).append(leaf)
        self._people = people
        self._service_names = service_names

    def grow(self, shape: Mapping[str, Any], path: str) -> _Cell:
        code = path + shape["code"]
        children = [self.grow(child, f"{code}/") for child in shape.get("children", ())]
        children += [self._service(service, f"{code}/") for service in shape.get("services", ())]
        return _summed(code, "category" if path else "all", shape["name"], children)

    def _service(self, service: str, path: str) -> _Cell:
        names = self._service_names.get(service, {"zh-Hant": service, "en": service})
        by_agency: dict[str, list[Leaf]] = {}
        for leaf in self.by_service.pop(service, []):
            by_agency.setdefault(leaf.agency, []).append(leaf)
        code = path + service
        children = [
            self._agency(service, agency, places, f"{code}/")
            for agency, places in sorted(by_agency.items())
        ]
        return _summed(code, "service", names, children, self._people.get((service,)))

    def _agency(self, service: str, agency: str, places: list[Leaf], path: str) -> _Cell:
        code = path + agency
        children = [
            _Cell(
                code=f"{code}/{leaf.place}",
                kind="place",
                names={},
                uses=leaf.uses,
                # uses without a known person still speak of somebody
                people=self._people.get((service, agency, leaf.place), 0) or min(leaf.uses, 1),
                children=[],
            )
            for leaf in places
        ]
        return _summed(code, "agency", {}, children, self._people.get((service, agency)))


def _summed(
    code: str, kind: str, names: Names, children: list[_Cell], people: int | None = None
) -> _Cell:
    return _Cell(
        code=code,
        kind=kind,
        names=names,
        uses=sum(child.uses for child in children),
        people=max([people or 0, *(child.people for child in children)]),
        children=children,
    )


def _walk(cell: _Cell) -> Iterable[_Cell]:
    yield cell
    for child in cell.children:
        yield from _walk(child)


def _shown(cell: _Cell, hidden: frozenset[str]) -> Node:
    return Node(
        code=cell.code,
        kind=cell.kind,
        names=cell.names,
        uses=None if cell.code in hidden else cell.uses,
        children=tuple(_shown(child, hidden) for child in cell.children),
    )
