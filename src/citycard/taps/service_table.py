"""What each service asks of a card and answers to its reader, as the city pack has it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from citycard.cards import api as cards
from citycard.infra.packs import current_pack
from citycard.kernel.periods import DateSpan


class Service(NamedTuple):
    """A service: the entitlement it needs (None: any bound card), what it answers, what a tap that
    names a price spends a month's points on, whether one card alone carries what it needs, in
    which words it tells rights apart: entitlement → word, the first that counts first, and whether
    its readers are told the class of fare that a card is good for."""

    code: str
    entitlement: str | None
    needs_link: bool
    answers_number: bool
    spends_on: str | None = None
    one_card: bool = False
    classes: Mapping[str, str] = MappingProxyType({})
    answers_profile: bool = False


@dataclass(frozen=True, kw_only=True)
class ServiceTable:
    """The services of a pack, which kinds of card carry only what is named for them, and which
    carry something from a day or until one.

    For decisions by columns, services and the kinds that carry not everything have places from 1;
    place 0 is any other.
    """

    pack_hash: str
    services: Mapping[str, Service]
    narrow_kinds: Mapping[str, frozenset[str]]
    dated: Mapping[tuple[str, str], DateSpan] = field(default_factory=dict)

    @cached_property
    def in_order(self) -> tuple[Service, ...]:
        """The services by place, from 0."""
        return tuple(self.services.values())

    @cached_property
    def special_kinds(self) -> tuple[str, ...]:
        """The kinds of card that carry not everything, or not always."""
        return tuple(sorted({*self.narrow_kinds, *(kind for kind, _ in self.dated)}))

    @cached_property
    def carried(self) -> npt.NDArray[np.int8]:
        """Whether a kind carries what a service asks for: 0 no, 1 yes, 2 on some days."""
        cells = np.ones((len(self.special_kinds) + 1, len(self.services) + 1), np.int8)
        for k, kind in enumerate(self.special_kinds, 1):
            for s, service in enumerate(self.in_order, 1):
                cells[k, s] = self._carries(kind, service.entitlement)
        return cells

    def carriers(self, right: str) -> npt.NDArray[np.int8]:
        """Return whether each kind carries a right, by place: 0 no, 1 yes, 2 on some days."""
        return np.array([1, *(self._carries(kind, right) for kind in self.special_kinds)], np.int8)

    def _carries(self, kind: str, asked: str | None) -> int:
        narrow = self.narrow_kinds.get(kind)
        if asked is not None and narrow is not None and asked not in narrow:
            return 0
        return 2 if (kind, asked or "") in self.dated else 1

    @cached_property
    def needs_right(self) -> npt.NDArray[np.bool_]:
        """Whether the service of a place asks for a right."""
        return np.array([False, *(one.entitlement is not None for one in self.in_order)])

    def span_of(self, kind: int, service: int) -> DateSpan:
        """Return on which days the kind of a place carries what the service of a place asks for."""
        return self.span_of_right(kind, self.in_order[service - 1].entitlement or "")

    def span_of_right(self, kind: int, right: str) -> DateSpan:
        """Return on which days the kind of a place carries a right; empty: any service's."""
        return self.dated[self.special_kinds[kind - 1], right]


_tables: dict[str, ServiceTable] = {}


def service_table() -> ServiceTable:
    """Return the services of the city's present pack; read once for each content of it."""
    pack = current_pack()
    if pack.hash not in _tables:
        kinds = cards.card_table().kinds
        _tables[pack.hash] = ServiceTable(
            pack_hash=pack.hash,
            services=read_services(pack.table("services"), cards.card_table().single_rights),
            # A card that follows another's (a companion's) opens only what its kind names.
            narrow_kinds={code: kind.carries for code, kind in kinds.items() if kind.narrow},
            dated={
                (code, name): days
                for code, kind in kinds.items()
                for name, days in kind.functions.items()
                if days != DateSpan()
            },
        )
    return _tables[pack.hash]


def read_services(
    table: Mapping[str, Any], single_rights: frozenset[str] = frozenset()
) -> dict[str, Service]:
    """Read the pack's ``services`` table."""
    return {code: _service(code, row, single_rights) for code, row in table["services"].items()}


def _service(code: str, row: Mapping[str, Any], single_rights: frozenset[str]) -> Service:
    needs = row.get("needs") or {}
    return Service(
        code=code,
        entitlement=needs.get("entitlement"),
        needs_link="link" in needs,
        answers_number="agency_number" in row.get("answers", ()),
        spends_on=row.get("spends_on"),
        one_card=needs.get("entitlement") in single_rights,
        classes=dict(row.get("classes", {})),
        answers_profile="profile" in row.get("answers", ()),
    )
