"""The papers of a closed month: the overall net, a statement for each party, the books.

In both languages, for they are made once and read by many; no person stands in them, officers
by their number only.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from citycard.flows.party_names import fund_names, in_both, party, unit
from citycard.infra import papers
from citycard.infra.clock import city_time
from citycard.infra.packs import current_pack
from citycard.infra.papers import Cell, Document, Table
from citycard.ledger import api as ledger

NO_RATE = "—"
WORTH_NOTE = (
    "金額以兌換當日之比率折算為新臺幣元，未訂比率者不計。"
    " Worth is in whole NT$ at the rate of the day of each redemption; without a rate it is left"
    " out."
)
LATE_NOTE = (
    "「遲到」為前已結帳月份之事項，因送達時該月已結，計入本月。"
    " “Late” is what happened in earlier months that were closed when it came."
)


def files(document: Document, name: str) -> list[papers.PaperFile]:
    """Write a paper in all three forms."""
    return [
        papers.PaperFile(
            name=f"{name}.csv", media_type=papers.CSV, content=papers.csv_of(document)
        ),
        papers.PaperFile(
            name=f"{name}.xlsx", media_type=papers.XLSX, content=papers.xlsx_of(document)
        ),
        papers.PaperFile(
            name=f"{name}.pdf", media_type=papers.PDF, content=papers.pdf_of(document)
        ),
    ]


def overall(figures: ledger.MonthFigures, before: ledger.MonthFigures | None) -> Document:
    """Return the paper on a month as a whole.

    :param before: the superseded version, when the month was opened again: what is different is
        named
    """
    tables = [_nets(figures), _positions("應收應付 Who owes whom", figures.positions)]
    tables.append(_lines(figures.lines))
    if before is not None:
        tables += _differences(figures, before)
    return Document(
        title=f"清分總表 Clearing {figures.month:%Y-%m}",
        facts=_facts(figures),
        tables=tables,
        notes=[WORTH_NOTE, LATE_NOTE],
    )


def statement(figures: ledger.MonthFigures, code: str) -> Document:
    """Return one party's statement: its funds, whom it owes, who owes it, and the net."""
    pays = [it for it in figures.positions if it.debtor == code]
    gets = [it for it in figures.positions if it.creditor == code]
    own = [it for it in figures.lines if it.agency == code]
    nets = [it for it in figures.nets if it.party == code]
    tables = [_lines(own)] if own else []
    tables += [_positions("應付 To pay", pays)] if pays else []
    tables += [_positions("應收 To get", gets)] if gets else []
    tables += [_net_table(nets)] if nets else []
    return Document(
        title=f"對帳單 Statement {figures.month:%Y-%m} {in_both(party(code))}",
        facts=_facts(figures),
        tables=tables,
        notes=[WORTH_NOTE, LATE_NOTE],
    )


def trial_balance(lines: Sequence[ledger.TrialLine], on: dt.date) -> Document:
    """Return the trial balance at the end of a day, in the city's account codes."""
    made: list[Sequence[Cell]] = []
    sums: dict[str, list[int]] = {}
    for it in lines:
        account = ledger.chart_account(account_class=it.account_class, unit=it.unit)
        debit, credit = max(-it.amount, 0), max(it.amount, 0)
        both = sums.setdefault(it.unit, [0, 0])
        both[0], both[1] = both[0] + debit, both[1] + credit
        made.append(
            [account.code, in_both(account.name), whose(it.code), in_both(unit(it.unit)),
             debit, credit]
        )  # fmt: skip
    return Document(
        title=f"試算表 Trial balance {on}",
        facts=[_city()],
        tables=[
            Table(
                title="試算表 Trial balance",
                head=[
                    "科目 Account",
                    "名稱 Name",
                    "對象 Whose",
                    "單位 Unit",
                    "借方 Debit",
                    "貸方 Credit",
                ],
                lines=made,
                sums=[
                    ["合計 Total", "", "", in_both(unit(code)), debit, credit]
                    for code, (debit, credit) in sums.items()
                ],
            )
        ],
    )


def journal(found: Iterable[ledger.Voucher], title: str) -> Document:
    """Return a month's vouchers, a line an account, for the city's accounting system."""
    lines: list[Sequence[Cell]] = [
        [
            voucher.number,
            voucher.day,
            voucher.kind,
            voucher.fund,
            voucher.unit,
            line.account.code,
            line.account.name.zh,
            line.whose,
            line.debit,
            line.credit,
            voucher.transfers,
            "L" if voucher.late else "",
        ]
        for voucher in found
        for line in voucher.lines
    ]
    return Document(
        title=title,
        tables=[
            Table(
                title="傳票 Vouchers",
                head=[
                    "voucher",
                    "day",
                    "kind",
                    "fund",
                    "unit",
                    "account",
                    "account_name",
                    "whose",
                    "debit",
                    "credit",
                    "transfers",
                    "late",
                ],
                lines=lines,
            )
        ],
    )


def whose(code: str) -> str:
    """Return whose an account is: a party's name, or the city's own code."""
    kind, _, rest = code.partition(":")
    return f"{kind}: {in_both(party(rest))}" if rest else in_both(party(code)) if code else ""


def _facts(figures: ledger.MonthFigures) -> list[tuple[str, str]]:
    found = [_city(), ("月份 Month", f"{figures.month:%Y-%m}")]
    closing = figures.closing
    if closing is None:
        return [*found, ("狀態 State", "未結帳，數字仍會變動 open, figures still change")]
    closed = city_time().local(closing.begun_at)
    return [
        *found,
        ("版次 Version", str(closing.version)),
        ("結帳 Closed", f"{closed:%Y-%m-%d %H:%M}"),
        ("提出／核准 Proposed, approved", f"{closing.made_by}, {closing.approved_by}"),
    ]


def _city() -> tuple[str, str]:
    return ("城市 City", in_both(current_pack().name))


def _nets(figures: ledger.MonthFigures) -> Table:
    table = _net_table(figures.nets)
    total: list[Cell] = ["合計 Total", "", sum(it.gets for it in figures.nets)]
    total += [sum(it.pays for it in figures.nets), sum(it.net for it in figures.nets)]
    return Table(title=table.title, head=table.head, lines=table.lines, sums=[total])


def _net_table(nets: Sequence[ledger.Net]) -> Table:
    return Table(
        title="淨額（新臺幣元） Net in NT$",
        head=["代碼 Code", "單位名稱 Party", "應收 Gets", "應付 Pays", "淨額 Net"],
        lines=[[it.party, in_both(party(it.party)), it.gets, it.pays, it.net] for it in nets],
    )


def _positions(title: str, found: Sequence[ledger.Position]) -> Table:
    funds = fund_names()
    return Table(
        title=title,
        head=[
            "應付 Debtor",
            "應收 Creditor",
            "經費 Fund",
            "單位 Unit",
            "數量 Amount",
            "其中遲到 Late",
            "新臺幣元 NT$",
        ],
        lines=[
            [
                in_both(party(it.debtor)),
                in_both(party(it.creditor)),
                funds[it.fund] if it.fund else "",
                in_both(unit(it.unit)),
                it.amount,
                it.late,
                NO_RATE if it.worth is None else it.worth,
            ]
            for it in found
        ],
        sums=[["合計 Total", "", "", "", "", "", sum(it.worth or 0 for it in found)]],
    )


_CHANGES = {
    "issued": "發出 Issued",
    "taken_back": "收回 Taken back",
    "exchanged": "交換 Exchanged",
    "lapsed": "失效 Lapsed",
    "redeemed": "兌換 Redeemed",
    "other": "其他 Other",
}


def _lines(found: Sequence[ledger.FundLine]) -> Table:
    return Table(
        title="點數負債 What is owed to people",
        head=[
            "機關 Agency",
            "經費 Fund",
            "單位 Unit",
            "期初 Opening",
            *_CHANGES.values(),
            "期末 Closing",
            "其中遲到 Late",
        ],
        lines=[
            [
                in_both(party(it.agency)),
                it.campaign_ref,
                in_both(unit(it.unit)),
                it.opening,
                *(it.changes.get(name, 0) for name in _CHANGES),
                it.closing,
                sum(it.late.get(name, 0) for name in _CHANGES),
            ]
            for it in found
        ],
        sums=[_line_sum(code, [it for it in found if it.unit == code]) for code in _units(found)],
    )


def _line_sum(code: str, found: Sequence[ledger.FundLine]) -> list[Cell]:
    return [
        "合計 Total",
        "",
        in_both(unit(code)),
        sum(it.opening for it in found),
        *(sum(it.changes.get(name, 0) for it in found) for name in _CHANGES),
        sum(it.closing for it in found),
        sum(it.late.get(name, 0) for it in found for name in _CHANGES),
    ]


def _units(found: Sequence[ledger.FundLine]) -> list[str]:
    return sorted({it.unit for it in found})


def _differences(now: ledger.MonthFigures, before: ledger.MonthFigures) -> list[Table]:
    """Name what is different from the version before, amounts of both."""
    assert before.closing is not None
    told = f"與第 {before.closing.version} 版之差異 Differences from version "
    told += f"{before.closing.version}: {before.closing.reopened_why}"
    lines = [*_different(_owed(before), _owed(now)), *_different(_left(before), _left(now))]
    head = ["項目 What", "前版 Before", "本版 Now", "差額 Difference"]
    return [Table(title=told, head=head, lines=lines or [["無差異 None", 0, 0, 0]])]


def _different(before: Mapping[str, int], now: Mapping[str, int]) -> list[Sequence[Cell]]:
    pairs = [(name, before.get(name, 0), now.get(name, 0)) for name in sorted({*before, *now})]
    return [[name, old, new, new - old] for name, old, new in pairs if old != new]


def _owed(figures: ledger.MonthFigures) -> dict[str, int]:
    funds = fund_names()
    return {
        f"{in_both(party(it.debtor))} → {in_both(party(it.creditor))}, "
        f"{funds[it.fund] if it.fund else ''} {in_both(unit(it.unit))}": it.amount
        for it in figures.positions
    }


def _left(figures: ledger.MonthFigures) -> dict[str, int]:
    return {
        f"{in_both(party(it.agency))} {it.campaign_ref} {in_both(unit(it.unit))} 期末 closing": (
            it.closing
        )
        for it in figures.lines
    }
