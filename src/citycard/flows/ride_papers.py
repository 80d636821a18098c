"""The operators' monthly statement as a file, in their form's columns and in both languages."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from citycard.fares import api as fares
from citycard.flows.party_names import in_both
from citycard.infra.packs import Text, current_pack
from citycard.infra.papers import Cell, Document, Table

HEAD = {
    "base_mileage": "基本里程 Base mileage",
    "fare_cap": "票價上限 Fare cap",
    "student": "學生卡 Student cards",
    "welfare": "社福 Welfare",
    "transfer": "捷運轉乘 Metro transfer",
    "intercity_transfer": "國道台鐵轉乘 Highway and train transfer",
    "legal_difference": "法定差額 Legal difference",
    "cost_difference": "成本差額 Cost difference",
    "other": "其他 Other",
}
NOTE = (
    "應收＝實際營收＋各項補助＋差異。差異為依規定應付與設備實際收取之差，由承辦逐筆處理。"
    " Due = collected + subsidies + difference; a difference is the rule's amount less what"
    " the device took; officers work it off one by one."
)
_MICRO = 1_000_000


def statement(*, month: dt.date, lines: Sequence[fares.OperatorLine]) -> Document:
    """Return the paper on a month: operator × route × kind of ticket, with sums."""
    head = [
        "業者 Operator",
        "路線 Route",
        "票種 Ticket",
        "刷卡 Taps",
        "應收總金額 Due",
        "實際營收 Collected",
        *(HEAD[column] for column in fares.COLUMNS),
        "差異 Difference",
    ]
    operators = sorted({line.operator for line in lines})
    return Document(
        title=f"業者補助結算 Settlement with operators {month:%Y-%m}",
        facts=[("城市 City", in_both(current_pack().name)), ("月份 Month", f"{month:%Y-%m}")],
        tables=[
            Table(
                title="應收與補助 Due and subsidies",
                head=head,
                lines=[[_name(it.operator), it.route, it.ticket, *_figures([it])] for it in lines],
                sums=[
                    *(
                        [_name(code), "", "合計 Total", *_figures(_of(lines, code))]
                        for code in operators
                    ),
                    ["合計 Total", "", "", *_figures(lines)],
                ],
            )
        ],
        notes=[NOTE],
    )


def _of(lines: Sequence[fares.OperatorLine], operator: str) -> list[fares.OperatorLine]:
    return [line for line in lines if line.operator == operator]


def _name(code: str) -> str:
    found = (current_pack().table("fares") or {"operators": {}})["operators"].get(code)
    return in_both(Text.read(found["name"])) if found else code


def _figures(lines: Sequence[fares.OperatorLine]) -> list[Cell]:
    subsidies = [sum(line.subsidies.get(column, 0) for line in lines) for column in fares.COLUMNS]
    amounts = [
        sum(line.due_micro for line in lines),
        sum(line.collected_micro for line in lines),
        *subsidies,
        sum(line.difference_micro for line in lines),
    ]
    return [sum(line.taps for line in lines), *(_dollars(micro) for micro in amounts)]


def _dollars(micro: int) -> Cell:
    """Return dollars exactly: a number where they are whole."""
    if micro % _MICRO == 0:
        return micro // _MICRO
    return f"{Decimal(micro) / _MICRO:f}".rstrip("0")
