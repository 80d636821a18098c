"""The pack's offers: venues, dates and terms."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from citycard.infra.packs import Text, current_pack
from citycard.kernel.errors import NotFound
from citycard.kernel.periods import DateSpan

FULL = "full"
Days = Literal["every", "first", "later"]


@dataclass(frozen=True, kw_only=True)
class Term:
    """One row of an offer: for whom, on which of a card's days, and what is paid.

    :ivar card_kind: None: any kind; ``right`` None: whoever holds the card
    :ivar ntd: what is paid, rounded up to a whole NT$ where the pack gives a share
    """

    price_class: str
    name: Text
    card_kind: str | None
    right: str | None
    days: Days
    ntd: int
    span: DateSpan


@dataclass(frozen=True, kw_only=True)
class Offer:
    """An offer as the pack has it."""

    code: str
    name: Text
    agency: str
    venues: tuple[str, ...]
    span: DateSpan
    full_ntd: int
    terms: tuple[Term, ...]

    def classes(self, days: Days) -> list[str]:
        """Return the price classes of a card's first, or later, days."""
        return sorted({term.price_class for term in self.terms if term.days == days})

    def class_name(self, price_class: str) -> Text:
        """Return what a price class is called."""
        known = {term.price_class: term.name for term in self.terms}
        return known.get(price_class, Text("全票", "Full price"))


def offers() -> Mapping[str, Offer]:
    """Return the city's offers by code, in the pack's order."""
    return _table()


def offer(*, code: str) -> Offer:
    """Return one offer.

    :raises NotFound: the city has none of this code
    """
    if code not in _table():
        raise NotFound(what="offer")
    return _table()[code]


def agencies_of(*, offer: str) -> set[str]:
    """Return who has to do with an offer: its organiser, and whose its venues are."""
    known = _table().get(offer)
    if known is None:
        return set()
    places = current_pack().table("places")["places"]
    return {known.agency, *(str(places[venue]["agency"]) for venue in known.venues)}


_tables: dict[str, Mapping[str, Offer]] = {}


def _table() -> Mapping[str, Offer]:
    pack = current_pack()
    if pack.hash not in _tables:
        listed = (pack.table("offers") or {}).get("offers", {})
        _tables[pack.hash] = {code: _offer(code, row) for code, row in listed.items()}
    return _tables[pack.hash]


def _offer(code: str, row: Mapping[str, Any]) -> Offer:
    full = int(row["full_ntd"])
    return Offer(
        code=code,
        name=Text.read(row["name"]),
        agency=str(row["agency"]),
        venues=tuple(row["venues"]),
        span=_span(row),
        full_ntd=full,
        terms=tuple(_term(one, full) for one in row["terms"]),
    )


def _term(row: Mapping[str, Any], full: int) -> Term:
    # a share of a price is rounded up to a whole dollar: never below what the rule asks
    ntd = int(row["ntd"]) if "ntd" in row else -(-full * int(row["percent"]) // 100)
    return Term(
        price_class=str(row["class"]),
        name=Text.read(row["name"]),
        card_kind=row.get("card_kind"),
        right=row.get("right"),
        days=row.get("days", "every"),
        ntd=ntd,
        span=_span(row),
    )


def _span(row: Mapping[str, Any]) -> DateSpan:
    start, end = row.get("from"), row.get("until")
    assert start is None or isinstance(start, dt.date)
    return DateSpan(start, end)
