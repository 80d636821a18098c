"""Kinds of card and the media that carry them, as the city pack has them."""

import datetime as dt
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from citycard.infra.packs import current_pack
from citycard.kernel.periods import DateSpan
from citycard.kernel.taiwan.card_numbers import mask


@dataclass(frozen=True, kw_only=True)
class NumberRule:
    """How one of a medium's numbers looks, and which places a screen hides."""

    pattern: re.Pattern[str]
    hidden: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Medium:
    """What carries a card: its issuer, its numbers, and which of them its holder is shown."""

    issuer: str
    numbers: Mapping[str, NumberRule]
    shown: str
    holders_own: bool


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of card: on which media it exists, and which group of kinds a person holds one of.

    :ivar functions: what it carries, each with its days; a function may be added to cards that
        were issued long ago
    :ivar narrow: it opens only what it carries; another opens whatever its holder may have
    """

    media: frozenset[str]
    functions: Mapping[str, DateSpan]
    one_of_group: str | None
    follows: str | None
    narrow: bool

    @property
    def carries(self) -> frozenset[str]:
        """What it carries on some day or other."""
        return frozenset(self.functions)

    def opens(self, entitlement: str, on: dt.date) -> bool:
        """Tell whether a card of this kind opens a right of its holder on a day."""
        days = self.functions.get(entitlement)
        return not self.narrow if days is None else on in days


@dataclass(frozen=True, kw_only=True)
class CardTable:
    """The pack's ``cards`` table, and the rights that only one card of a person carries."""

    media: Mapping[str, Medium]
    kinds: Mapping[str, Kind]
    single_rights: frozenset[str] = frozenset()

    def masked(self, medium: str, numbers: Mapping[str, str], tail: str) -> str:
        """Return the number that a holder knows with the places hidden that the pack names."""
        known = self.media.get(medium)
        if known is None or known.shown not in numbers:
            return f"****{tail}" if tail else ""
        return mask(numbers[known.shown], known.numbers[known.shown].hidden)


_tables: dict[str, CardTable] = {}


def card_table() -> CardTable:
    """Return the kinds and media of the city's present pack; read once for each content of it."""
    pack = current_pack()
    if pack.hash not in _tables:
        single = single_rights(pack.table("entitlements"))
        _tables[pack.hash] = replace(read_table(pack.table("cards")), single_rights=single)
    return _tables[pack.hash]


def read_table(table: Mapping[str, Any]) -> CardTable:
    """Read kinds and media from the pack's table; its shape was checked when the pack loaded."""
    return CardTable(
        media={code: _medium(row) for code, row in table["media"].items()},
        kinds={code: _kind(row) for code, row in table["kinds"].items()},
    )


def single_rights(table: Mapping[str, Any]) -> frozenset[str]:
    """Return the entitlements of which the pack says that one card a person carries them."""
    return frozenset(code for code, row in table.items() if row.get("one_card"))


def _medium(row: Mapping[str, Any]) -> Medium:
    return Medium(
        issuer=str(row["issuer"]),
        numbers={kind: _number(rule) for kind, rule in row["numbers"].items()},
        shown=str(row["shown"]) if row.get("shown") else "",
        holders_own=bool(row.get("holders_own", False)),
    )


def _number(rule: Mapping[str, Any]) -> NumberRule:
    return NumberRule(pattern=_compiled(str(rule["pattern"])), hidden=_hidden(rule))


def _hidden(rule: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the hidden places, counted from 1 at the left or from -1 at the right."""
    if "mask" in rule:
        first, last = rule["mask"]
        return tuple(range(first, last + 1))
    if "mask_from_right" in rule:
        first, last = rule["mask_from_right"]
        return tuple(range(-last, -first + 1))
    return ()


@functools.lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _kind(row: Mapping[str, Any]) -> Kind:
    return Kind(
        media=frozenset(row["media"]),
        functions={
            code: _days(row.get("functions", {}).get(code, {})) for code in row.get("carries", ())
        },
        one_of_group=row.get("one_of_group"),
        follows=row.get("follows"),
        # A card that follows another's (a companion's) opens only what its kind names.
        narrow=bool(row.get("follows") or row.get("opens_only_what_it_carries", False)),
    )


def _days(row: Mapping[str, Any]) -> DateSpan:
    return DateSpan(row.get("from"), row.get("until"))
