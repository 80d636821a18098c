"""How readers read cards: profiles of firmware, as the city pack has them in ``readers``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from citycard.infra.packs import Text, current_pack

_ORDERS = {"as_read": "uid", "reversed": "uid_reversed", "either": "uid_either"}
_VERSION = re.compile(r"[0-9]+")


@dataclass(frozen=True, kw_only=True)
class Firmware:
    """Versions of one product: those that are known, and the oldest that may serve."""

    oldest: str
    known: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ReaderUse:
    """What readers stand for somewhere: a library's desk, a bus, a shop.

    :ivar only: the services that it means; empty for all of its categories but ``without``
    """

    code: str
    name: Text
    categories: frozenset[str]
    only: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()

    def covers(self, service: str, category: str) -> bool:
        """Tell whether a service is one of this use."""
        if self.only:
            return service in self.only
        return category in self.categories and service not in self.without


@dataclass(frozen=True, kw_only=True)
class ReaderProfile:
    """What a kind of reader sends, and what it can be used for.

    :ivar number_kind: which number of a card, as ``taps`` takes it
    :ivar uses: what it can serve; empty where the pack says nothing of it
    :ivar firmware: by product, as readers name themselves
    """

    code: str
    name: Text
    issuer: str
    number_kind: str
    uses: tuple[ReaderUse, ...] = ()
    firmware: Mapping[str, Firmware] = field(default_factory=dict)

    def serves(self, service: str, category: str) -> bool:
        """Tell whether such a reader can serve a service."""
        return not self.uses or any(use.covers(service, category) for use in self.uses)

    def state_of(self, firmware: str) -> str:
        """Return what is known of a firmware ``product/version``: ``known``, ``unknown`` (to the
        pack), ``untold`` (the reader said none), or ``too_old`` to serve."""
        if not firmware:
            return "untold"
        product, _, version = firmware.partition("/")
        about = self.firmware.get(product)
        if about is None or not _VERSION.match(version):
            return "unknown"
        if _parts(version) < _parts(about.oldest):
            return "too_old"
        return "known" if version in about.known else "unknown"


def reader_profiles() -> Mapping[str, ReaderProfile]:
    """Return the profiles that read cards of this city, by code."""
    pack = current_pack()
    if pack.hash not in _tables:
        issuers = {medium["issuer"] for medium in pack.table("cards")["media"].values() if medium}
        _tables[pack.hash] = read_profiles(table=pack.table("readers"), issuers=issuers)
    return _tables[pack.hash]


def reader_profile(*, code: str) -> ReaderProfile:
    """Return a profile; one that the pack does not have (any more) is what its code says: issuer
    and number kind with a ``_`` between them."""
    found = reader_profiles().get(code)
    if found is not None:
        return found
    issuer, _, kind = code.partition("_")
    return ReaderProfile(code=code, name=Text.same(code), issuer=issuer, number_kind=kind)


def read_profiles(
    *, table: Mapping[str, Any], issuers: frozenset[str] | set[str]
) -> dict[str, ReaderProfile]:
    """Read the pack's table ``readers``; profiles for other cities' cards are left out."""
    uses = {code: _use(code, row) for code, row in table.get("uses", {}).items()}
    products = table.get("firmware", {})
    return {
        code: _profile(code, row, uses, products)
        for code, row in table.get("profiles", {}).items()
        if row["issuer"] in issuers
    }


_tables: dict[str, Mapping[str, ReaderProfile]] = {}


def _use(code: str, row: Mapping[str, Any]) -> ReaderUse:
    return ReaderUse(
        code=code,
        name=Text.read(row["name"]),
        categories=frozenset(row["categories"]),
        only=frozenset(row.get("only", ())),
        without=frozenset(row.get("without", ())),
    )


def _profile(
    code: str, row: Mapping[str, Any], uses: Mapping[str, ReaderUse], products: Mapping[str, Any]
) -> ReaderProfile:
    number = row["number"]
    kind = _ORDERS[row.get("byte_order", "as_read")] if number == "uid" else number
    return ReaderProfile(
        code=code,
        name=Text.read(row["name"]),
        issuer=row["issuer"],
        number_kind=kind,
        uses=tuple(uses[use] for use in row["serves"]),
        firmware={product: _firmware(products[product]) for product in row.get("firmware", ())},
    )


def _firmware(row: Mapping[str, Any]) -> Firmware:
    return Firmware(oldest=row["oldest"], known=tuple(row["known"]))


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in _VERSION.findall(version))
