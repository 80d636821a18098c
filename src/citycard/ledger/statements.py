"""Who owes whom, and what became of each fund: as frozen for a closed month, as of now for an open
one."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.ledger import clearing
from citycard.ledger.clearing import FundLine, Net, Position
from citycard.ledger.closings import Closing, closing_of, standings_before
from citycard.ledger.funding import every_fund
from citycard.ledger.month_sums import month_sums


@dataclass(frozen=True, kw_only=True)
class MonthFigures:
    """All that the clearing of one month is about.

    :ivar closing: None for a month that is open: its figures still change
    """

    month: dt.date
    closing: Closing | None
    positions: tuple[Position, ...]
    lines: tuple[FundLine, ...]

    @property
    def nets(self) -> list[Net]:
        """Return what each party gets and pays in NT$; together they are zero."""
        return clearing.nets_of(positions=self.positions)

    @property
    def parties(self) -> list[str]:
        """Return every agency and partner that has part in the month, by code."""
        owing = {code for it in self.positions for code in (it.debtor, it.creditor)}
        return sorted(owing | {it.agency for it in self.lines})


def month_figures(*, month: dt.date) -> MonthFigures:
    """Return a month's positions and statements.

    :param month: any day of it
    """
    month = month.replace(day=1)
    standing = closing_of(month=month)
    if standing is not None and standing.state != "begun":
        return closing_figures(closing=standing)
    sums, funds = month_sums(month), every_fund()
    operator = str(current_pack().table("pack")["operator"])
    return MonthFigures(
        month=month,
        closing=None,
        positions=tuple(clearing.positions_of(sums, funds, operator=operator)),
        lines=tuple(clearing.fund_lines_of(sums, standings_before(month), funds)),
    )


def closing_figures(*, closing: Closing) -> MonthFigures:
    """Return what a closing froze, a superseded one's, too."""
    return MonthFigures(
        month=closing.month,
        closing=closing,
        positions=tuple(_positions(closing.closing_id)),
        lines=tuple(_lines(closing.closing_id)),
    )


def positions(*, month: dt.date) -> list[Position]:
    """Return who owes whom for a month, by debtor, creditor, fund and unit.

    :param month: any day of it
    """
    return list(month_figures(month=month).positions)


def _positions(closing_id: int) -> list[Position]:
    found = rows(
        "SELECT debtor, creditor, nullif(fund, 0) AS fund, unit, amount, late, worth"
        " FROM ledger_closing_position WHERE closing_id = %s"
        " ORDER BY debtor, creditor, fund, unit",
        [closing_id],
    )
    return [Position(**one._asdict()) for one in found]


_LINES = """
SELECT l.fund, f.agency, f.campaign_ref, f.unit, l.opening, l.closing,
       l.changes::text AS changes, l.late::text AS late, l.redeemed::text AS redeemed
FROM ledger_closing_line l JOIN ledger_fund f ON f.id = l.fund
WHERE l.closing_id = %s ORDER BY f.agency, f.campaign_ref, f.unit
"""


def _lines(closing_id: int) -> list[FundLine]:
    return [_line(one) for one in rows(_LINES, [closing_id])]


def _line(one: Any) -> FundLine:
    counted = {name: json.loads(getattr(one, name)) for name in ("changes", "late", "redeemed")}
    return FundLine(**{**one._asdict(), **counted})
