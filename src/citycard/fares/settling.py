"""An operator's month: what was due, collected and subsidised, by route and kind of ticket."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from citycard.fares.books import book
from citycard.fares.rides import paying
from citycard.infra.database import rows, statement
from citycard.infra.packs import current_pack

COLUMNS = (
    "base_mileage",
    "fare_cap",
    "student",
    "welfare",
    "transfer",
    "intercity_transfer",
    "legal_difference",
    "cost_difference",
    "other",
)
"""The columns of subsidies in the operator's statement, in the order of the forms."""


@dataclass(frozen=True, kw_only=True)
class OperatorLine:
    """One operator × route × kind of ticket in a month; amounts in millionths of a dollar.

    ``due = collected + Σ subsidies + difference``

    :ivar subsidies: by column
    """

    operator: str
    route: str
    ticket: str
    rides: int
    taps: int
    due_micro: int
    collected_micro: int
    difference_micro: int
    subsidies: Mapping[str, int] = field(default_factory=dict)


def operator_month(*, month: dt.date, operators: Sequence[str] | None = None) -> list[OperatorLine]:
    """Return the lines of a month's statement, by operator, route and ticket.

    Source: the operator's monthly form (應收總金額、實際營收、各項補助).

    :param month: its first day
    :param operators: whose; None: all
    """
    asked = {"month": month, "operators": None if operators is None else list(operators)}
    found = rows(statement(__file__, "operator_month"), asked)
    columns = _columns()
    made: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * 5)
    paid: dict[tuple[str, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in found:
        key = row.operator, row.route, row.ticket
        figures = row.rides, row.taps, row.due, row.collected, row.difference
        made[key] = [one + other for one, other in zip(made[key], figures, strict=True)]
        for fund, micro in zip(paying(row.funds, row.funders), row[10:], strict=False):
            if micro:
                paid[key][columns.get(fund, "other")] += int(micro)
    return [
        OperatorLine(
            operator=key[0],
            route=key[1],
            ticket=key[2],
            rides=figures[0],
            taps=figures[1],
            due_micro=figures[2],
            collected_micro=figures[3],
            difference_micro=figures[4],
            subsidies=dict(paid[key]),
        )
        for key, figures in sorted(made.items())
    ]


def ride_months() -> list[dt.date]:
    """Return the months that have rides, newest first."""
    found = rows("SELECT DISTINCT local_month FROM fares_month ORDER BY local_month DESC")
    return [row.local_month for row in found]


def _columns() -> Mapping[str, str]:
    pack = current_pack()
    funds = book(pack=pack).funds if pack.table("fares") else ()
    return {fund.code: fund.column for fund in funds}
