"""The city's tree of uses: every parent is the sum of its children. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    :ivar people: different people; None where hidden and where people can't be told apart (people
        of
        two services have two pseudonyms)
    :ivar withheld: its parts are kept back, which ones there are too
    :ivar spans_months: a sum of months
    :ivar counted: people of its services together were counted
    """

    code: str
    kind: str
    names: Names
    uses: int | None
    people: int | None = None
    children: tuple["Node", ...] = ()
    withheld: bool = False
    spans_months: bool = False
    counted: bool = False

    @property
    def own_code(self) -> str:
        """Return the last part of the path."""
        return self.code.rpartition("/")[2]

    @property
    def counts_people(self) -> bool:
        """Tell whether people are counted here: a service's people and those below, and above where
        they were counted together, in one month."""
        below = self.kind in ("service", "agency", "place")
        return (below or self.counted) and not self.spans_months

    @property
    def is_hidden(self) -> bool:
        """Tell whether the figure is kept back."""
        return self.uses is None

    def walk(self) -> Iterator["Node"]:
        """Yield this node and everything below it, each under its parent."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(kw_only=True)
class Cell:
    """A cell with its true figures; never shown as it is.

    :ivar about: (service,), (service, agency) or (service, agency, place); empty above services
    :ivar people: how many people it speaks of at least: above services, its largest child's
    :ivar known: different people that are known; uses of a card that is nobody's have none
    :ivar counted: people are counted here: at services and below, and above where it was done
    """

    code: str
    kind: str
    names: Names
    uses: int
    people: int
    known: int
    about: tuple[str, ...]
    children: list["Cell"]
    counted: bool = True

    def walk(self) -> Iterator["Cell"]:
        """Yield this cell and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def grow(
    *,
    shape: Mapping[str, Any],
    service_names: Mapping[str, Names],
    leaves: Sequence[Leaf],
    people: People,
    together: Mapping[str, int] | None = None,
) -> Cell:
    """Sum leaves up the pack's tree.

    A service that the pack's tree forgot is added under ``other``, so that the top is always
    everything. People of two services can't be told apart (their pseudonyms differ), so a category
    counts the people of its largest child: that hides sooner, never later.

    :param together: different people of a part's services, by code, where they were counted
    """
    grower = _Grower(leaves, people, service_names, together or {})
    top = grower.grow(shape, "")
    if grower.by_service:
        other = {"code": "other", "name": OTHER, "services": sorted(grower.by_service)}
        children = [*top.children, grower.grow(other, f"{top.code}/")]
        top = _above(top.code, "all", top.names, children, together or {})
    return top


class _Grower:
    """Grows the pack's shape down to places, taking each service's leaves once."""

    def __init__(
        self,
        leaves: Sequence[Leaf],
        people: People,
        service_names: Mapping[str, Names],
        together: Mapping[str, int],
    ) -> None:
        self._together = together
        self.by_service: dict[str, list[Leaf]] = {}
        for leaf in leaves:
            self.by_service.setdefault(leaf.service, []).append(leaf)
        self._people = people
        self._service_names = service_names

    def grow(self, shape: Mapping[str, Any], path: str) -> Cell:
        code = path + shape["code"]
        children = [self.grow(child, f"{code}/") for child in shape.get("children", ())]
        children += [self._service(service, f"{code}/") for service in shape.get("services", ())]
        kind = "category" if path else "all"
        return _above(code, kind, shape["name"], children, self._together)

    def _service(self, service: str, path: str) -> Cell:
        names = self._service_names.get(service, {"zh-Hant": service, "en": service})
        by_agency: dict[str, list[Leaf]] = {}
        for leaf in self.by_service.pop(service, []):
            by_agency.setdefault(leaf.agency, []).append(leaf)
        code = path + service
        children = [
            self._agency(service, agency, places, f"{code}/")
            for agency, places in sorted(by_agency.items())
        ]
        return _summed(code, "service", names, children, (service,), self._people)

    def _agency(self, service: str, agency: str, places: list[Leaf], path: str) -> Cell:
        code = path + agency
        children = [
            Cell(
                code=f"{code}/{leaf.place}",
                kind="place",
                names={},
                uses=leaf.uses,
                people=_people((service, agency, leaf.place), leaf.uses, self._people),
                known=self._people.get((service, agency, leaf.place), 0),
                about=(service, agency, leaf.place),
                children=[],
            )
            for leaf in sorted(places, key=lambda leaf: leaf.place)
        ]
        return _summed(code, "agency", {}, children, (service, agency), self._people)


def _people(about: tuple[str, ...], uses: int, people: People) -> int:
    """Return the people of a cell; uses without a known person still speak of somebody."""
    return people.get(about, 0) or min(uses, 1)


def _summed(
    code: str,
    kind: str,
    names: Names,
    children: list[Cell],
    about: tuple[str, ...],
    people: People,
) -> Cell:
    uses = sum(child.uses for child in children)
    most = max((child.people for child in children), default=0)
    return Cell(
        code=code,
        kind=kind,
        names=names,
        uses=uses,
        people=max(_people(about, uses, people), most),
        known=people.get(about, 0),
        about=about,
        children=children,
    )


def _above(
    code: str, kind: str, names: Names, children: list[Cell], together: Mapping[str, int]
) -> Cell:
    most = max((child.people for child in children), default=0)
    return Cell(
        code=code,
        kind=kind,
        names=names,
        uses=sum(child.uses for child in children),
        people=max(together.get(code, 0), most),
        known=together.get(code, 0),
        about=(),
        children=children,
        counted=code in together,
    )


def added(months: Sequence[Node], *, kept_back: bool = False) -> Node:
    """Add up the trees of months that follow each other: uses only, because a person may come in
    two
    months. What is hidden in one of the months is hidden in their sum, so a sum tells nothing that
    the months don't.

    :param months: at least one, all of one city
    :param kept_back: a month keeps this part back
    """
    parts: dict[str, list[Node]] = {}
    for month in months:
        for child in month.children:
            parts.setdefault(child.code, []).append(child)
    known = [month.uses for month in months if month.uses is not None]
    below = kept_back or any(month.withheld for month in months)
    return Node(
        code=months[-1].code,
        kind=months[-1].kind,
        names=months[-1].names,
        uses=None if kept_back or len(known) < len(months) else sum(known),
        children=tuple(added(each, kept_back=below) for each in parts.values()),
        withheld=below and not parts,
        spans_months=True,
    )
