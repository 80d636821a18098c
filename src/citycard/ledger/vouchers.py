"""The journal for the city's accounting system: balanced vouchers by day, fund and kind.

What leaves an account is its debit, what reaches one its credit: so people's points are a credit,
as what the city owes is. A month's vouchers come to the change of the trial balance.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack
from citycard.ledger.charting import ChartAccount, chart_account


@dataclass(frozen=True, kw_only=True)
class VoucherLine:
    """One account of a voucher.

    :ivar whose: which partner, issuer or account of the city's; empty for the rest
    """

    account_class: str
    account: ChartAccount
    whose: str
    debit: int
    credit: int


@dataclass(frozen=True, kw_only=True)
class Voucher:
    """What happened to one fund on one day in one way; debits and credits are equal.

    :ivar number: within the month, by day, unit, kind and fund
    :ivar late: it happened in an earlier month that was closed
    """

    number: str
    day: dt.date
    unit: str
    kind: str
    fund: int | None
    late: bool
    transfers: int
    lines: Sequence[VoucherLine]


def vouchers(*, month: dt.date) -> list[Voucher]:
    """Return a booking month as vouchers.

    :param month: any day of it
    """
    month = month.replace(day=1)
    time = current_pack().time
    found = rows(
        statement(__file__, "vouchers"),
        {"month": month, "begins": time.midnight(month), "zone": str(current_pack().zone)},
    )
    gathered: defaultdict[tuple[Any, ...], _Voucher] = defaultdict(_Voucher)
    for row in found:
        gathered[row.day, row.unit, row.kind, row.fund, row.late].add(row)
    return [
        Voucher(
            number=f"{month:%Y%m}-{number:06d}",
            day=day,
            unit=unit,
            kind=kind,
            fund=fund or None,
            late=late,
            transfers=one.transfers,
            lines=list(one.lines(unit)),
        )
        for number, ((day, unit, kind, fund, late), one) in enumerate(gathered.items(), 1)
    ]


@dataclass(slots=True)
class _Voucher:
    transfers: int = 0
    sums: defaultdict[tuple[str, str], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )

    def add(self, row: Any) -> None:
        self.transfers += row.transfers
        self.sums[row.from_class, row.from_code][0] += row.amount
        self.sums[row.to_class, row.to_code][1] += row.amount

    def lines(self, unit: str) -> Iterator[VoucherLine]:
        for (kind, whose), (debit, credit) in sorted(self.sums.items()):
            account = chart_account(account_class=kind, unit=unit)
            yield VoucherLine(
                account_class=kind, account=account, whose=whose, debit=debit, credit=credit
            )
