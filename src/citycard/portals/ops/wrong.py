"""What is wrong right now, worst first: from what was seen to what to do. Pure but for its
words."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from citycard.infra import journal, ports
from citycard.infra.web import wording
from citycard.portals.ops.watching import Watch

LAG_WARN_S, LAG_BAD_S = 30.0, 300.0
DISK_WARN_SHARE, DISK_BAD_SHARE = 0.10, 0.03
MONTHS_WARN, MONTHS_BAD = 2, 1
KEYS_OLD_DAYS = 365
BACKUP_OLD, BACKUP_TOO_OLD = dt.timedelta(hours=26), dt.timedelta(days=3)

Tone = Literal["bad", "warn"]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something to see to.

    :ivar why: what it means for people
    :ivar address: where the remedy stands
    """

    tone: Tone
    title: str
    why: str
    address: str


def problems(watch: Watch) -> list[Problem]:
    """List what is wrong, what hurts people now before what will hurt later."""
    found = [
        *_subscribers(watch),
        *_letters(watch),
        *_ports(watch),
        *_outages(watch),
        *_notices(watch),
        *_files(watch),
        *_room(watch),
        *_saved(watch),
        *_keys(watch),
        *_disputes(watch),
        *_proof(watch),
    ]
    return sorted(found, key=lambda problem: problem.tone != "bad")


def _subscribers(watch: Watch) -> Iterator[Problem]:
    for lag in watch.subscribers:
        tone = lag_tone(lag)
        if lag.stopped_at is not None:
            yield Problem(
                tone="bad",
                title=_("「%(name)s」停住了") % {"name": subscriber_name(lag.subscriber)},
                why=_("第 %(event)s 號事件無法處理（%(why)s）。之後的事件都在等它。")
                % {"event": lag.stopped_on or "?", "why": lag.stopped_why or "?"},
                address="#subscribers",
            )
        elif tone is not None:
            yield Problem(
                tone=tone,
                title=_("「%(name)s」落後了") % {"name": subscriber_name(lag.subscriber)},
                why=_("還有 %(events)s 件事件，最舊的等了 %(seconds)s 秒。")
                % {"events": wording.number(lag.events), "seconds": round(lag.seconds)},
                address="#subscribers",
            )


def subscriber_name(code: str) -> str:
    """Name a subscriber by what it does; one without a name stands for itself."""
    names = {
        "insight.usage": _("服務數據"),
        "notify.messages": _("市民通知"),
        "rights.facts": _("資格核算"),
        "applications.consent": _("撤回同意的處理"),
        "activities.happenings": _("活動贈點"),
        "activities.volunteers": _("志工時數"),
        "attendance.stays": _("到離與出勤"),
        "attendance.notices": _("到離校通知"),
        "attendance.consent": _("到離校通知的同意"),
        "rights.mass_changes": _("大量異動"),
        "allowances.months": _("每月補助點數"),
        "cards.deaths": _("亡故者的卡片"),
        "rights.offers": _("可申請的提醒"),
        "rights.cancel_lists": _("停用名單"),
        "cards.hotlist": _("停用卡名單"),
        "cards.snapshots": _("讀卡機離線名單"),
        "taps.losses": _("離線損失"),
        "fares.readings": _("乘車紀錄"),
        "fares.changes": _("乘車重新計算"),
        "fares.points": _("乘車點數"),
        "agencies.systems": _("機關系統通知"),
    }
    return names.get(code, code)


def lag_tone(lag: journal.Lag) -> Tone | None:
    """Say how bad a subscriber's lag is; None when it is all right."""
    if lag.stopped_at is not None or (lag.events and lag.seconds > LAG_BAD_S):
        return "bad"
    return "warn" if lag.events and lag.seconds > LAG_WARN_S else None


def _letters(watch: Watch) -> Iterator[Problem]:
    for topic, states in watch.letters.items():
        if states.get("failed"):
            yield Problem(
                tone="bad",
                title=_("有 %(count)s 件「%(topic)s」送不出去")
                % {"count": states["failed"], "topic": topic_name(topic)},
                why=_("對方系統拒收或多次失敗。請看原因後重送。"),
                address=reverse("ops:letters"),
            )


def topic_name(topic: str) -> str:
    """Name a kind of letter; one without a name stands for itself."""
    names = {
        "notify.email": _("電子郵件通知"),
        "notify.sms": _("簡訊通知"),
        "identity.email_code": _("登入驗證信"),
        "card-printer": pgettext("port", "製卡"),
        "card-company": _("記名資料傳送"),
        "register.household": _("戶役政查核"),
        "register.status": _("身分資格查核"),
        "insight.proof": _("稽核"),
        "redemptions.credit": _("兌換入帳通知"),
        "rights.cancel-lists": _("停用名單"),
        "ledger.closing": _("月結檔案"),
        "systems.webhooks": _("機關系統通知"),
    }
    return names.get(topic, topic)


def _ports(watch: Watch) -> Iterator[Problem]:
    for port in watch.ports:
        if port.state == "down":
            yield Problem(
                tone="bad",
                title=_("「%(port)s」沒有回應") % {"port": port_name(port)},
                why=_("等它回覆的工作會保留，恢復後自動繼續。"),
                address="#outside",
            )


def _outages(watch: Watch) -> Iterator[Problem]:
    for outage in watch.outages:
        yield Problem(
            tone="warn",
            title=_("%(count)s 件「%(topic)s」在等對方回應")
            % {"count": wording.number(outage.letters), "topic": topic_name(outage.topic)},
            why=_(
                "最早的一件在%(since)s排入，對方還沒有回應（%(why)s）。系統會自動再試，一有回應就全部送出。"
            )
            % {"since": wording.ago(outage.since, watch.at), "why": outage.why},
            address=reverse("ops:letters"),
        )


def _notices(watch: Watch) -> Iterator[Problem]:
    late = [one for one in watch.notices if one.late]
    if late:
        worst = max(late, key=lambda one: one.slowest_seconds)
        yield Problem(
            tone="bad" if any(one.waiting for one in late) else "warn",
            title=_("%(count)s 則到離校通知超過時限")
            % {"count": wording.number(sum(one.late for one in late))},
            why=_("這一天應在 %(set)s 秒內送出，最久 %(slowest)s 秒，未送出 %(waiting)s 則。")
            % {
                "set": worst.set_seconds,
                "slowest": wording.number(round(worst.slowest_seconds)),
                "waiting": sum(one.waiting for one in late),
            },
            address="#notices",
        )


def _files(watch: Watch) -> Iterator[Problem]:
    if watch.broken_files:
        yield Problem(
            tone="bad",
            title=_("有 %(count)s 個機關投遞的檔案無法處理") % {"count": watch.broken_files},
            why=_("內容都沒有收下，檔案在投遞目錄的 broken。排除原因後移回 in，就會再收一次。"),
            address="#outside",
        )


def _saved(watch: Watch) -> Iterator[Problem]:
    saved = watch.saved
    if saved is None:
        return
    age = watch.at - saved.newest_at if saved.newest_at else None
    if age is None and not saved.is_demo:
        yield Problem(
            tone="bad",
            title=_("還沒有任何備份"),
            why=_("磁碟壞了就什麼都找不回來。請執行 citycard backup，並排定每天執行。"),
            address="#room",
        )
    if age is not None and age > BACKUP_OLD:
        yield Problem(
            tone="bad" if age > BACKUP_TOO_OLD else "warn",
            title=_("備份太久沒有更新"),
            why=_("上次備份是%(ago)s。請查看每天的備份為什麼沒有執行。")
            % {"ago": wording.ago(watch.at - age, watch.at)},
            address="#room",
        )
    if saved.drill is not None and not saved.drill.ok:
        yield Problem(
            tone="bad",
            title=_("上次的還原演練沒有成功"),
            why=_("備份可能還原不回來。請執行 citycard drill，並查明原因。"),
            address="#room",
        )


def port_name(port: ports.PortHealth) -> str:
    """Name an outside system; one without a name stands for itself."""
    names = {
        "household register": _("戶役政系統"),
        "status registers": _("身分資格系統"),
        "e-mail": _("電子郵件"),
        "text messages": _("簡訊"),
        "card printers": _("印卡機"),
        "card company": _("票證公司"),
        "citizen certificate": _("自然人憑證"),
        "loading files": _("票證公司加值檔案"),
        "account partners": _("兌換入帳夥伴"),
        "register changes": _("登記異動"),
        "register files": _("登記異動檔案"),
        "agencies' systems": _("機關系統通知"),
    }
    return names.get(port.port, port.port)


def _room(watch: Watch) -> Iterator[Problem]:
    share = watch.free_bytes / max(1, watch.total_bytes)
    if share < DISK_WARN_SHARE:
        yield Problem(
            tone="bad" if share < DISK_BAD_SHARE else "warn",
            title=_("磁碟快滿了"),
            why=_("只剩 %(free)s GB。滿了之後，刷卡與申辦都會停擺。")
            % {"free": f"{watch.free_bytes / 1e9:.1f}"},
            address="#room",
        )
    for table, months in watch.months_ahead.items():
        if months < MONTHS_WARN:
            yield Problem(
                tone="bad" if months < MONTHS_BAD else "warn",
                title=_("「%(table)s」的月份分割區不足") % {"table": table},
                why=_("只備妥之後 %(months)s 個月。沒有分割區的月份無法寫入。")
                % {"months": months},
                address="#room",
            )


def _keys(watch: Watch) -> Iterator[Problem]:
    if watch.keys_days is None:
        yield Problem(
            tone="bad",
            title=_("讀不到金鑰"),
            why=_("加密的資料打不開。請由保險箱還原金鑰檔。"),
            address="#room",
        )
    elif watch.keys_days > KEYS_OLD_DAYS:
        yield Problem(
            tone="warn",
            title=_("金鑰該更換了"),
            why=_("目前的金鑰已使用 %(days)s 天。") % {"days": watch.keys_days},
            address="#room",
        )


def _disputes(watch: Watch) -> Iterator[Problem]:
    if watch.disputes:
        yield Problem(
            tone="bad",
            title=_("有 %(count)s 筆兌換需要主管裁決") % {"count": watch.disputes},
            why=_("不確定點數是否寫入卡片。在裁決之前，這些點數不能使用。"),
            address=reverse("ops:redemptions"),
        )


def _proof(watch: Watch) -> Iterator[Problem]:
    if watch.proof is not None and watch.proof.findings:
        yield Problem(
            tone="bad",
            title=_("稽核發現 %(count)s 件不符") % {"count": len(watch.proof.findings)},
            why=_("帳、卡、點數或數據有對不上的地方，請逐項查明。"),
            address=reverse("ops:proofs"),
        )
