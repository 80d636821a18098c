"""What is said of readers: what is wrong, and what to do about it."""

from django.utils.translation import gettext as _

from citycard.infra.web import wording
from citycard.taps import api as taps


def clock_words(skew_ms: int | None) -> str:
    """Say how far a clock is off, from a second on."""
    if skew_ms is None or abs(skew_ms) < 1_000:
        return ""
    seconds = round(abs(skew_ms) / 1_000)
    length = (
        _("%(n)s 分") % {"n": seconds // 60} if seconds >= 120 else _("%(n)s 秒") % {"n": seconds}
    )
    return (_("慢 %(length)s") if skew_ms > 0 else _("快 %(length)s")) % {"length": length}


def name_of_fault(fault: str) -> str:
    """Name what is wrong with a reader."""
    return {
        "too_old": _("韌體過舊"),
        "silent": _("沒有連線"),
        "clock": _("時鐘不準"),
        "refused": _("上傳被退"),
        "conflicts": _("序號衝突"),
        "quarantined": _("時間異常"),
        "ambiguous": _("卡號不明"),
        "missing": _("缺號"),
        "backlog": _("積存很多"),
    }[fault]


def what_to_do(fault: str) -> str:
    """Say what an officer does about a fault."""
    return {
        "too_old": _("請廠商更新韌體；更新前它的上傳不受理，刷卡會留在設備裡。"),
        "silent": _("比平常久沒有連線：請看電源與網路。刷卡留在設備裡，連線後會補傳。"),
        "clock": _("請把設備的時鐘設為自動校時；太快的刷卡會另外保存，不會計點。"),
        "refused": _("看下面被退的原因；金鑰錯誤時請更換金鑰，其他請交給廠商。"),
        "conflicts": _(
            "同一序號送來不同內容：設備可能被複製或重灌而沒有重新登錄。請查明後「重新登錄」。"
        ),
        "quarantined": _("設備當時的時鐘不可能：請校時。這些刷卡另外保存，不影響其他刷卡。"),
        "ambiguous": _("讀到的號碼可能是兩張卡：請改用讀取順序固定的韌體，或更正設備的讀卡方式。"),
        "missing": _(
            "設備跳過的序號：刷卡可能還在設備裡。請讓它連線補傳；重灌過的設備請「重新登錄」。"
        ),
        "backlog": _("很多刷卡還在設備裡：請看網路是否太慢。"),
    }[fault]


def name_of_filter(kind: str) -> str:
    """Name a filter."""
    own = {"all": _("全部"), "odd": _("有狀況"), "never": _("尚未連線"), "revoked": _("已停用")}
    return own[kind] if kind in own else name_of_fault(kind)


def name_of_problem(problem: str) -> str:
    """Say why uploads were not taken, by the problem that the reader was told."""
    known = {
        "unknown_reader": _("金鑰不對"),
        "reader_revoked": _("設備已停用"),
        "firmware_too_old": _("韌體過舊"),
        "not_json": _("內容讀不懂"),
        "bad_field": _("欄位不對"),
        "bad_tap": _("有一筆刷卡的欄位不對，其他照收"),
        "bad_ride": _("有一筆乘車資料不對，其他照收"),
        "bad_sale": _("有一筆金額不對，其他照收"),
        "too_large": _("一次送太多"),
        "too_many_taps": _("一次送太多"),
        "too_many_waiting": _("忙碌，請它稍後再送"),
        "database_away": _("資料庫暫時連不上"),
        "not_recorded": _("記錄失敗，請它稍後再送"),
    }
    return known.get(problem, problem)


def why_apart(why: str) -> str:
    """Say why a tap was kept apart."""
    return {
        "conflict": _("序號已經用過，內容不同"),
        "future": _("時間在未來"),
        "too_old": _("時間太久以前"),
        "ambiguous": _("號碼可能是兩張卡"),
    }[why]


def took(what: taps.Took) -> str:
    """Say what a device took at a tap that was kept apart; empty: nothing."""
    points = wording.points(what.points) if what.points else ""
    charged = wording.ntd(what.charged_ntd) if what.charged_ntd else ""
    return " · ".join(filter(None, (points, charged)))


def why_epoch(why: str) -> str:
    """Say why an epoch of a reader began."""
    return {
        "enrolled": _("登錄"),
        "new_key": _("更換金鑰"),
        "set_up_anew": _("重新登錄"),
    }[why]
