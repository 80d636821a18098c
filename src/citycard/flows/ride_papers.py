"""The operators' monthly statement as a file, in their form's columns and in both languages."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from citycard.fares import api as fares
from citycard.flows.party_names import in_both
from citycard.infra.clock import city_time
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


LATER = (
    "更正：以前月份結帳後才確定之乘車，列其與前次結帳之差。"
    " Corrections: rides of earlier months that were settled after their closing, as the difference"
    " from what was told then."
)
BOOKED = (
    "入帳點數為本月帳上撥付該業者之乘車點數；結帳時尚在處理者轉入次月。"
    " Booked points are what this month's books have for the operator's rides; what was still under"
    " way at the closing is carried over."
)


def statement(*, found: fares.Statement, operator: str = "") -> Document:
    """Return the paper on a month: operator × route × kind of ticket, with sums; corrections of
    earlier months, and how the points meet the books.

    :param operator: whose; empty: all
    """
    lines = _of(found.lines, operator)
    earlier = {month: _of(own, operator) for month, own in found.earlier.items()}
    corrected = [_corrections(month, own) for month, own in earlier.items() if own]
    bookings = [it for it in found.bookings if operator in ("", it.operator)]
    notes = [NOTE, *([LATER] if corrected else []), *([BOOKED] if bookings else [])]
    return Document(
        title=f"業者補助結算 Settlement with operators {found.month:%Y-%m}",
        facts=_facts(found, operator),
        tables=[
            _table("應收與補助 Due and subsidies", lines),
            *corrected,
            *([_points(bookings)] if bookings else []),
        ],
        notes=notes,
    )


def _facts(found: fares.Statement, operator: str) -> list[tuple[str, str]]:
    facts = [("城市 City", in_both(current_pack().name)), ("月份 Month", f"{found.month:%Y-%m}")]
    if operator:
        facts.append(("業者 Operator", _name(operator)))
    if found.version is None or found.frozen_at is None:
        return [*facts, ("狀態 State", "未結帳，數字仍會變動 open, figures still change")]
    frozen = city_time().local(found.frozen_at)
    return [
        *facts,
        ("版次 Version", str(found.version)),
        ("結帳 Closed", f"{frozen:%Y-%m-%d %H:%M}"),
    ]


def _table(title: str, lines: Sequence[fares.OperatorLine]) -> Table:
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
    codes = sorted({line.operator for line in lines})
    return Table(
        title=title,
        head=head,
        lines=[[_name(it.operator), it.route, it.ticket, *_figures([it])] for it in lines],
        sums=[
            *([_name(code), "", "合計 Total", *_figures(_of(lines, code))] for code in codes),
            ["合計 Total", "", "", *_figures(lines)],
        ],
    )


def _corrections(month: dt.date, lines: Sequence[fares.OperatorLine]) -> Table:
    told, about = _table(f"更正 Corrections {month:%Y-%m}", lines), f"{month:%Y-%m}"
    return Table(
        title=told.title,
        head=["更正月份 Month corrected", *told.head],
        lines=[[about, *line] for line in told.lines],
        sums=[[about, *line] for line in told.sums],
    )


def _points(bookings: Sequence[fares.Booking]) -> Table:
    return Table(
        title="點數與帳 Points and the books",
        head=[
            "業者 Operator",
            "前期轉入 Opening",
            "乘車點數 Points of rides",
            "入帳點數 Booked",
            "轉入次月 Carried over",
        ],
        lines=[
            [_name(it.operator), it.opening, it.points, it.booked, it.carried] for it in bookings
        ],
    )


def _of(lines: Sequence[fares.OperatorLine], operator: str) -> list[fares.OperatorLine]:
    return [line for line in lines if operator in ("", line.operator)]


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
