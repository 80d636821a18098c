"""What each service asks of a card and answers to its reader, as the city pack has it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from citycard.cards import api as cards
from citycard.infra.packs import current_pack
from citycard.kernel.periods import DateSpan


class Service(NamedTuple):
    """A service: the entitlement it needs (None: any bound card), what it answers, what a tap that
    names a price spends a month's points on, and whether one card alone carries what it needs."""

    code: str
    entitlement: str | None
    needs_link: bool
    answers_number: bool
    spends_on: str | None = None
    one_card: bool = False


class ServiceTable(NamedTuple):
    """The services of a pack, which kinds of card carry only what is named for them, and which
    carry something from a day or until one."""

    pack_hash: str
    services: Mapping[str, Service]
    narrow_kinds: Mapping[str, frozenset[str]]
    dated: Mapping[tuple[str, str], DateSpan] = MappingProxyType({})


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
    )
