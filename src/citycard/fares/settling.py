"""An operator's month: what was due, collected and subsidised, by route and kind of ticket."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from citycard.fares.books import book
from citycard.fares.months import months_with_rides
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

FIGURES = ("rides", "taps", "due_micro", "collected_micro", "difference_micro", "points")


@dataclass(frozen=True, kw_only=True)
class OperatorLine:
    """One operator × route × kind of ticket in a month; amounts in millionths of a dollar.

    ``due = collected + Σ subsidies + difference``

    :ivar points: of the allowance that the rides take, part of the subsidies
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
    points: int = 0
    subsidies: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What the line is about."""
        return self.operator, self.route, self.ticket


def operator_month(*, month: dt.date, operators: Sequence[str] | None = None) -> list[OperatorLine]:
    """Return the lines of a month's rides as they are now, by operator, route and ticket.

    Source: the operator's monthly form (應收總金額、實際營收、各項補助).

    :param month: its first day
    :param operators: whose; None: all
    """
    asked = {"month": month, "operators": None if operators is None else list(operators)}
    columns = _columns()
    return added_up(
        _line(row, _by_column(columns, paying(row.funds, row.funders), row[11:]))
        for row in rows(statement(__file__, "operator_month"), asked)
    )


def added_up(lines: Iterable[OperatorLine]) -> list[OperatorLine]:
    """Add lines up that are about the same."""
    made: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * len(FIGURES))
    paid: dict[tuple[str, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        for place, name in enumerate(FIGURES):
            made[line.key][place] += getattr(line, name)
        for column, micro in line.subsidies.items():
            paid[line.key][column] += micro
    return [
        OperatorLine(
            operator=key[0], route=key[1], ticket=key[2],
            subsidies={column: micro for column, micro in paid[key].items() if micro},
            **dict(zip(FIGURES, figures, strict=True)),
        )
        for key, figures in sorted(made.items())
    ]  # fmt: skip


def less(lines: Iterable[OperatorLine], others: Iterable[OperatorLine]) -> list[OperatorLine]:
    """Return what lines have that others don't, line by line; what comes to nothing is left out."""
    turned = [
        OperatorLine(
            operator=it.operator, route=it.route, ticket=it.ticket,
            subsidies={column: -micro for column, micro in it.subsidies.items()},
            **{name: -getattr(it, name) for name in FIGURES},
        )
        for it in others
    ]  # fmt: skip
    return [it for it in added_up([*lines, *turned]) if _says_something(it)]


def ride_months() -> list[dt.date]:
    """Return the months that have rides, or whose closing told of earlier ones, newest first."""
    told = rows("SELECT DISTINCT closing_month AS month FROM fares_statement")
    return sorted({*months_with_rides(), *(row.month for row in told)}, reverse=True)


def _says_something(line: OperatorLine) -> bool:
    return any(getattr(line, name) for name in FIGURES) or bool(line.subsidies)


def _line(row: Any, subsidies: Mapping[str, int]) -> OperatorLine:
    return OperatorLine(
        operator=row.operator,
        route=row.route,
        ticket=row.ticket,
        rides=row.rides,
        taps=row.taps,
        due_micro=row.due,
        collected_micro=row.collected,
        difference_micro=row.difference,
        points=row.points,
        subsidies=subsidies,
    )


def _by_column(
    columns: Mapping[str, str], funds: Sequence[str], paid: Sequence[int]
) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for fund, micro in zip(funds, paid, strict=False):
        if micro:
            found[columns.get(fund, "other")] += int(micro)
    return found


def _columns() -> Mapping[str, str]:
    pack = current_pack()
    funds = book(pack=pack).funds if pack.table("fares") else ()
    return {fund.code: fund.column for fund in funds}
