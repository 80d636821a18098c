"""What the pack says of monthly allowances: units, who gives them, when they count, what limits
them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.entitlements.rulebook import Rulebook, rulebook
from citycard.infra.packs import current_pack
from citycard.kernel.periods import next_month
from citycard.rules.api import Dated, Rule


@dataclass(frozen=True, eq=False)
class Limit:
    """A part of a month's amount: no more than this in some categories together."""

    code: str
    name: Mapping[str, str]
    on: frozenset[str]
    each_month: tuple[tuple[dt.date, int], ...]

    def at(self, month: dt.date) -> int | None:
        """Return the most of a month, or None before there was such a limit."""
        begun = [amount for day, amount in self.each_month if day <= month]
        return begun[-1] if begun else None


@dataclass(frozen=True, eq=False)
class MonthlyUnit:
    """A unit that rights fill once a month.

    :ivar grace_days: how long after the month a late upload still finds its points
    :ivar rules: the rules that give it, in the pack's order
    :ivar limit_of: category → the part of the month that it belongs to
    """

    code: str
    gift: str
    grace_days: int
    each_ntd: tuple[tuple[dt.date, int], ...]
    categories: Mapping[str, Mapping[str, str]]
    rules: Mapping[str, Rule]
    limits: Mapping[str, Limit]
    limit_of: Mapping[str, Limit]

    def heard_until(self, month: dt.date) -> dt.date:
        """Return the last local day on which a use of a month is heard."""
        return next_month(month) + dt.timedelta(days=self.grace_days - 1)

    def ntd_of_a_point(self, on: dt.date) -> int:
        """Return what a point pays on a day, in whole NT$."""
        begun = [amount for day, amount in self.each_ntd if day <= on]
        return begun[-1] if begun else self.each_ntd[0][1]

    def gift_of(self, entitlement: str) -> Dated:
        """Return the dated amount that a right gives."""
        return self.rules[entitlement].gives[self.gift]

    def spends(self, entitlement: str, category: str) -> Dated | None:
        """Return the dated rule of a right for spending on a category, if it may be."""
        rule = self.rules.get(entitlement)
        return rule.spends_on.get(category) if rule else None


@dataclass(frozen=True)
class Counting:
    """How a month counts where the source leaves it open: the pack's parameters.

    :ivar district: ``first_day`` (of the month, or of the right) or ``highest`` (of any day)
    :ivar begun: a right that begins within the month: ``full``, ``prorated`` or ``next_month``
    :ivar ended: what becomes of the rest when a right ends within it: ``keep`` or ``return``
    :ivar died: the same for a holder's death
    """

    district: str = "first_day"
    begun: str = "full"
    ended: str = "keep"
    died: str = "return"


@dataclass(frozen=True, eq=False)
class AllowanceTable:
    """The monthly units of one pack."""

    pack_hash: str
    book: Rulebook
    units: Mapping[str, MonthlyUnit]
    counting: Counting


_tables: dict[str, AllowanceTable] = {}


def allowance_table() -> AllowanceTable:
    """Return what the active pack says of monthly allowances; read once for each content of it."""
    pack = current_pack()
    if pack.hash not in _tables:
        book = rulebook()
        units = {
            code: _unit(code, row["monthly"], book)
            for code, row in pack.table("points")["units"].items()
            if "monthly" in row
        }
        counting = _counting(pack.table("pack")["parameters"])
        _tables[pack.hash] = AllowanceTable(pack.hash, book, units, counting)
    return _tables[pack.hash]


def _unit(code: str, row: Mapping[str, Any], book: Rulebook) -> MonthlyUnit:
    limits = {name: _limit(name, limit) for name, limit in row.get("limits", {}).items()}
    return MonthlyUnit(
        code=code,
        gift=row["gift"],
        grace_days=int(row["grace_days"]),
        each_ntd=_dated(row["each_ntd"]),
        categories={name: dict(text) for name, text in row["categories"].items()},
        rules={one.code: one.rule for one in book if row["gift"] in one.rule.gives},
        limits=limits,
        limit_of={category: limit for limit in limits.values() for category in limit.on},
    )


def _limit(code: str, row: Mapping[str, Any]) -> Limit:
    return Limit(code, dict(row["name"]), frozenset(row["on"]), _dated(row["each_month"]))


def _dated(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[dt.date, int], ...]:
    return tuple(sorted((row["from"], int(row["amount"])) for row in rows))


def _counting(parameters: Mapping[str, Any]) -> Counting:
    def value(name: str, default: str) -> str:
        return str(parameters[name]["value"]) if name in parameters else default

    return Counting(
        district=value("subsidy_month_district", "first_day"),
        begun=value("subsidy_month_begun", "full"),
        ended=value("subsidy_month_ended", "keep"),
        died=value("subsidy_month_died", "return"),
    )
