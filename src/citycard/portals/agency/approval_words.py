"""What a proposal would do, in words: one function a kind, and the plain content for the rest."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from citycard.agencies import api as agencies
from citycard.infra.packs import current_pack
from citycard.infra.web import wording
from citycard.kernel.errors import NotFound
from citycard.ledger import api as ledger
from citycard.portals.agency.campaign_forms import unit_name
from citycard.portals.agency.programmes import state_name
from citycard.portals.mass_change_words import right_names
from citycard.portals.naming import in_language, name_of

Rows = list[tuple[str, str]]


def would_do(found: agencies.Proposal) -> Rows:
    """Return what carrying a proposal out would do, as (label, value)."""
    tell = _WOULD_DO.get(found.kind, _plain)
    return tell(found.content)


def about_words(found: agencies.Proposal) -> str:
    """Return what a proposal is about in few words, for a list."""
    tell = _ABOUT.get(found.kind)
    return tell(found.content) if tell else found.about


def account_name(named: Mapping[str, Any]) -> str:
    """Return the name of an account of the city's side: class, then whose."""
    kind = str(named["class"])
    whose = fund_name(int(named["fund"])) if named.get("fund") else str(named.get("code") or "")
    if kind in ("issuer", "partner"):
        whose = name_of("agency" if kind == "issuer" else "partner", whose)
    called = class_name(kind)
    return f"{called} – {whose}" if whose else called


def class_name(kind: str) -> str:
    """Return what a class of accounts is called."""
    names = {
        "issuer": _("發點機關"),
        "budget": _("活動預算"),
        "member": _("市民持有"),
        "held": _("兌換中"),
        "partner": _("兌換夥伴"),
        "breakage": _("失效點數"),
        "loss": _("損失待清查"),
        "city": _("市府自有帳戶"),
        "stock": _("庫存"),
    }
    return names.get(kind, kind)


def fund_name(fund_id: int) -> str:
    """Return a fund's name: whose, and for what."""
    try:
        fund = ledger.fund_of(fund_id=fund_id)
    except NotFound:
        return str(fund_id)
    return f"{name_of('agency', fund.agency)} {fund.campaign_ref}"


def month_name(text: str) -> str:
    """Return a month that a proposal names, in the reader's words."""
    return wording.month(dt.date.fromisoformat(text))


def _move(content: Mapping[str, Any]) -> Rows:
    return [
        (_("轉出"), account_name(content["source"])),
        (_("轉入"), account_name(content["target"])),
        (_("數量"), f"{wording.number(content['amount'])} {unit_name(content['unit'])}"),
    ]


def _budget(content: Mapping[str, Any]) -> Rows:
    fund_id, amount = int(content["fund"]), int(content["amount"])
    left = ledger.fund_totals(fund_ids=[fund_id])[fund_id].budget
    return [
        (_("活動預算"), fund_name(fund_id)),
        (_("目前剩餘"), wording.number(left)),
        (_("追加"), wording.number(amount)),
        (_("追加後"), wording.number(left + amount)),
    ]


def _close(content: Mapping[str, Any]) -> Rows:
    return [
        (_("月份"), month_name(content["month"])),
        (_("執行後"), _("本月不再入帳，遲到的項目記入下一個月；各機關與夥伴的對帳單產生並留存。")),
    ]


def _reopen(content: Mapping[str, Any]) -> Rows:
    return [
        (_("月份"), month_name(content["month"])),
        (_("執行後"), _("本月可再入帳；已產生的對帳單留存為舊版，再次月結時列出差異。")),
    ]


def _refund(content: Mapping[str, Any]) -> Rows:
    unit, people = unit_name(str(content["unit"])), int(content["people"])
    undone = content["do"] == "undo"
    rows = [
        (_("批號"), f"#{content['run']}"),
        (_("收回點數") if undone else _("退還點數"), f"{wording.number(content['points'])} {unit}"),
        (_("人數"), wording.number(people)),
        (_("筆數"), wording.number(content["lines"])),
    ]
    if content.get("fund"):
        goodwill = wording.number(int(content["goodwill"]) * people)
        rows.append((_("另外補償"), f"{goodwill} {unit} · {fund_name(int(content['fund']))}"))
    if content.get("charged_fund"):
        rows.append((_("退點由哪一筆經費支付"), fund_name(int(content["charged_fund"]))))
    told = _("每人收到一則通知，說明原因；點數已用掉的人不收回。")
    rows.append((_("執行後"), told if undone else _("每人收到一則通知，說明原因。")))
    return rows


def _correction(content: Mapping[str, Any]) -> Rows:
    rows = [
        (_("申訴"), f"#{content['dispute']}"),
        (_("更正點數"), wording.number(int(content["amount"]))),
        (_("對市民的說明"), str(content["why"]["zh-Hant"])),
    ]
    if content.get("fund"):
        rows.append((_("由哪一筆經費支付"), fund_name(int(content["fund"]))))
    return rows


def _programme(content: Mapping[str, Any]) -> Rows:
    return [
        (_("方案"), programme_name(str(content["programme"]))),
        (_("改為"), state_name(str(content["state"]))),
        (_("對民眾的說明"), str(content["told"])),
        (_("執行後"), _("立即生效：線上、櫃台與整批申請都依此受理。")),
    ]


def programme_name(code: str) -> str:
    """Return what a programme is called."""
    row = current_pack().table("cards").get("programmes", {}).get(code)
    return in_language(row["name"]) if row else code


def _mass_change(content: Mapping[str, Any]) -> Rows:
    names = right_names()
    rows = [(_("批號"), f"#{content['change']}")]
    for code, ended in content["ended"].items():
        told = _("終止 %(ended)s 人（上限 %(limit)s 人）") % {
            "ended": wording.number(int(ended)),
            "limit": wording.number(int(content["limits"][code])),
        }
        rows.append((names.get(code, code), told))
    rows.append((_("執行後"), _("資格終止，通知與停用名單隨後送出；整批可以復原。")))
    return rows


def _plain(content: Mapping[str, Any]) -> Rows:
    return [(str(key), str(value)) for key, value in content.items()]


_WOULD_DO: dict[str, Callable[[Mapping[str, Any]], Rows]] = {
    "ledger.move": _move,
    "ledger.budget": _budget,
    "ledger.close_month": _close,
    "ledger.reopen_month": _reopen,
    "redemptions.refund_run": _refund,
    "disputes.correction": _correction,
    "entitlements.mass_change": _mass_change,
    "cards.programme": _programme,
}
_ABOUT: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "ledger.move": lambda it: (
        f"{account_name(it['source'])} → {account_name(it['target'])} "
        f"{wording.number(it['amount'])}"
    ),
    "ledger.budget": lambda it: f"{fund_name(int(it['fund']))} +{wording.number(it['amount'])}",
    "ledger.close_month": lambda it: month_name(it["month"]),
    "ledger.reopen_month": lambda it: month_name(it["month"]),
    "disputes.correction": lambda it: f"#{it['dispute']}",
    "cards.programme": lambda it: (
        f"{programme_name(str(it['programme']))}：{state_name(str(it['state']))}"
    ),
    "entitlements.mass_change": lambda it: f"#{it['change']}",
    "redemptions.refund_run": lambda it: f"#{it['run']} · {wording.number(it['points'])}",
}
