"""Clearing between agencies: who owes whom for a month, and what became of each fund's points.

Issued out of a fund of A and redeemed at anybody P: A owes P. What a partner was paid ahead out of
the city's deposit it owes to the city again. Parties' net positions add up to zero. Pure: worked
out of a month's sums and the balances before it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from citycard.ledger.funding import Fund
from citycard.ledger.month_sums import PEOPLE, MonthSum
from citycard.ledger.worth import MONEY, worth

Category = Literal[
    "issued",
    "taken_back",
    "exchanged",
    "lapsed",
    "redeemed",
    "other",
    "budget_raised",
    "budget_returned",
]
LIABILITY: tuple[Category, ...] = (
    "issued",
    "taken_back",
    "exchanged",
    "lapsed",
    "redeemed",
    "other",
)
"""What changes how many of a fund's points people have; signs as in the sum: issued adds, the rest
takes away where it is below zero."""


@dataclass(frozen=True, kw_only=True)
class Position:
    """What one party owes another for a month.

    :ivar fund: out of which fund; None for what no fund answers for
    :ivar unit: of the amount; ``ntd`` for dollars paid ahead
    :ivar amount: below zero when more was taken back than redeemed
    :ivar late: of the amount, what happened in earlier months that were closed already
    :ivar worth: in whole NT$; None where the pack has no rate
    """

    debtor: str
    creditor: str
    fund: int | None
    unit: str
    amount: int
    late: int
    worth: int | None


@dataclass(frozen=True, kw_only=True)
class Net:
    """What a party gets (above zero) or pays (below zero) for a month, in whole NT$."""

    party: str
    gets: int
    pays: int

    @property
    def net(self) -> int:
        """Return what is left of both."""
        return self.gets - self.pays


@dataclass(frozen=True, kw_only=True)
class FundLine:
    """What became of one fund's points in a month: opening + changes = closing.

    :ivar opening, closing: points with people and on their way at the month's ends: what the
        agency may still have to pay for
    :ivar changes: by category, each with its sign
    :ivar late: of the changes, what happened in earlier months
    :ivar redeemed: by partner, above zero
    """

    fund: int
    agency: str
    campaign_ref: str
    unit: str
    opening: int
    closing: int
    changes: Mapping[str, int]
    late: Mapping[str, int]
    redeemed: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class LotSum:
    """What came into lots of one fund and last day in a month, and where it went.

    :ivar last_day: None never lapses
    """

    fund: int
    unit: str
    last_day: dt.date | None
    issued: int
    redeemed: int
    lapsed: int


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A kind of account and what stands on it; over each unit they add up to zero."""

    account_class: str
    unit: str
    code: str
    fund: int
    amount: int


def positions_of(
    sums: Iterable[MonthSum], funds: Mapping[int, Fund], *, operator: str
) -> list[Position]:
    """Return who owes whom, by debtor, creditor, fund and unit; what came to nothing is left out.

    :param operator: who answers for what no fund does
    """
    owed: defaultdict[tuple[str, str, int, str], _Owed] = defaultdict(_Owed)
    for one in sums:
        for debtor, creditor, fund, sign in _claims(one, funds, operator):
            partner = one.to_code if one.to_class == "partner" else one.from_code
            owed[debtor, creditor, fund, one.unit].add(one, partner, sign)
    return [
        Position(
            debtor=debtor,
            creditor=creditor,
            fund=fund or None,
            unit=unit,
            amount=sum_.amount,
            late=sum_.late,
            worth=sum_.worth,
        )
        for (debtor, creditor, fund, unit), sum_ in sorted(owed.items())
        if sum_.amount or sum_.late or sum_.worth
    ]


@dataclass(slots=True)
class _Owed:
    amount: int = 0
    late: int = 0
    worth: int | None = 0

    def add(self, one: MonthSum, partner: str, sign: int) -> None:
        self.amount += sign * one.amount
        self.late += sign * one.amount if one.late else 0
        in_ntd = worth(unit=one.unit, partner=partner, amount=one.amount, day=one.rate_day)
        known = self.worth is not None and in_ntd is not None
        self.worth = (self.worth or 0) + sign * (in_ntd or 0) if known else None


def _claims(
    one: MonthSum, funds: Mapping[int, Fund], operator: str
) -> Iterable[tuple[str, str, int, int]]:
    """Yield (debtor, creditor, fund, sign) for a sum that a partner has part in."""
    if "partner" not in (one.from_class, one.to_class):
        return
    if one.from_class == one.to_class:  # one partner's claim becomes another's
        yield one.from_code, one.to_code, 0, 1
        return
    sign = 1 if one.to_class == "partner" else -1
    partner = one.to_code if sign == 1 else one.from_code
    fund = one.from_fund if sign == 1 else one.to_fund
    if fund:
        yield funds[fund].agency, partner, fund, sign
    elif one.unit == MONEY:  # paid ahead out of the city's deposit
        yield partner, operator, 0, sign
    else:
        yield operator, partner, 0, sign


def nets_of(*, positions: Iterable[Position]) -> list[Net]:
    """Return what each party gets and pays in NT$; all nets together are zero."""
    gets: defaultdict[str, int] = defaultdict(int)
    pays: defaultdict[str, int] = defaultdict(int)
    for one in positions:
        gets[one.creditor] += one.worth or 0
        pays[one.debtor] += one.worth or 0
    return [
        Net(party=party, gets=gets[party], pays=pays[party]) for party in sorted({*gets, *pays})
    ]


def fund_lines_of(
    sums: Iterable[MonthSum], before: Iterable[Standing], funds: Mapping[int, Fund]
) -> list[FundLine]:
    """Return what became of each fund's points, by agency, campaign and unit."""
    lines: defaultdict[int, _Line] = defaultdict(_Line)
    for standing in before:
        if standing.account_class in PEOPLE:
            lines[standing.fund].opening += standing.amount
    for one in sums:
        for fund, category, amount in _changes(one):
            lines[fund].add(one, category, amount)
    made = [lines[number].line(funds[number]) for number in lines]
    shown = [line for line in made if line.opening or line.closing or any(line.changes.values())]
    return sorted(shown, key=lambda line: (line.agency, line.campaign_ref, line.unit))


@dataclass(slots=True)
class _Line:
    opening: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)
    redeemed: dict[str, int] = field(default_factory=dict)

    def add(self, one: MonthSum, category: Category, amount: int) -> None:
        self.changes[category] = self.changes.get(category, 0) + amount
        if one.late:
            self.late[category] = self.late.get(category, 0) + amount
        if category == "redeemed":
            partner = one.to_code if one.to_class == "partner" else one.from_code
            self.redeemed[partner] = self.redeemed.get(partner, 0) - amount

    def line(self, fund: Fund) -> FundLine:
        return FundLine(
            fund=fund.id,
            agency=fund.agency,
            campaign_ref=fund.campaign_ref,
            unit=fund.unit,
            opening=self.opening,
            closing=self.opening + sum(self.changes.get(name, 0) for name in LIABILITY),
            changes=self.changes,
            late=self.late,
            redeemed=self.redeemed,
        )


def _changes(one: MonthSum) -> Iterable[tuple[int, Category, int]]:
    """Yield (fund, category, signed amount) of a sum: above zero when people have more."""
    if one.from_class == "budget" and one.to_class == "issuer":
        yield one.from_fund, "budget_returned", one.amount
    elif one.to_class == "budget" and one.from_class not in PEOPLE:
        yield one.to_fund, "budget_raised", one.amount
    if one.to_class in PEOPLE:
        yield one.to_fund, _category(one, one.from_class, comes=True), one.amount
    if one.from_class in PEOPLE:
        yield one.from_fund, _category(one, one.to_class, comes=False), -one.amount


def _category(one: MonthSum, other: str, *, comes: bool) -> Category:
    """Tell what a change is by its other side."""
    if other == "budget":
        if one.lapse:
            return "lapsed"
        return "issued" if comes else "taken_back"
    if other == "city":
        return "exchanged"
    named: dict[str, Category] = {"partner": "redeemed", "breakage": "lapsed"}
    return named.get(other, "other")


def lot_sums_of(sums: Iterable[MonthSum]) -> list[LotSum]:
    """Return what came into and went out of lots, by fund and last day."""
    found: defaultdict[tuple[int, str, dt.date | None], list[int]] = defaultdict(lambda: [0, 0, 0])
    place = {"issued": 0, "taken_back": 0, "exchanged": 0, "redeemed": 1, "lapsed": 2}
    for one in sums:
        last = one.to_last if one.to_class in PEOPLE else one.from_last
        for fund, category, amount in _changes(one):
            if category in place:
                at = place[category]
                found[fund, one.unit, last][at] += amount if at == 0 else -amount
    return [
        LotSum(fund=fund, unit=unit, last_day=last, issued=i, redeemed=r, lapsed=z)
        for (fund, unit, last), (i, r, z) in sorted(
            found.items(), key=lambda it: (it[0][0], it[0][1], it[0][2] or dt.date.max)
        )
    ]


def standings_after(before: Iterable[Standing], sums: Sequence[MonthSum]) -> list[Standing]:
    """Return what stands on each kind of account after a month."""
    amounts: defaultdict[tuple[str, str, str, int], int] = defaultdict(int)
    for one in before:
        amounts[one.unit, one.account_class, one.code, one.fund] += one.amount
    for each in sums:
        amounts[each.unit, each.from_class, each.from_code, each.from_fund] -= each.amount
        amounts[each.unit, each.to_class, each.to_code, each.to_fund] += each.amount
    return [
        Standing(account_class=kind, unit=unit, code=code, fund=fund, amount=amount)
        for (unit, kind, code, fund), amount in sorted(amounts.items())
        if amount
    ]
