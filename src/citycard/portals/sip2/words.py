"""What a terminal's screen says when the answer is ours, in the library's language."""

from django.utils import translation
from django.utils.translation import gettext as _

FIRST_LANGUAGE = "zh-hant"


def said(why: str, language: str | None = None) -> str:
    """Return the sentence for a reason; an unknown one sends the patron to the desk."""
    with translation.override(language or FIRST_LANGUAGE):
        return _sentences().get(why) or _("請洽櫃台。")


def _sentences() -> dict[str, str]:
    return {
        "unknown_card": _("查無這張卡，請洽櫃台。"),
        "not_bound": _("這張卡還沒有歸戶，請先到市民卡櫃台辦理。"),
        "not_entitled": _("這張卡目前不能借閱，請洽櫃台。"),
        "blocked": _("這張卡已停用，請洽櫃台。"),
        "wrong_service": _("這種卡不能借閱，請改用其他市民卡。"),
        "not_linked": _("您還不是本館讀者，請先到櫃台申請。"),
        "ambiguous_card": _("無法確認是哪一張卡，請洽櫃台。"),
        "reader_revoked": _("這台設備目前不受理市民卡，請用借閱證或洽櫃台。"),
        "expired": _("行動條碼已過期，請重新開啟。"),
        "replayed": _("行動條碼已使用過，請重新開啟。"),
        "city_away": _("市民卡系統暫時無法連線，請用借閱證或稍後再試。"),
        "busy": _("使用人數較多，請稍候再試一次。"),
        "library_away": _("圖書館系統暫時無法連線，請稍後再試或洽櫃台。"),
        "answer_lost": _("圖書館系統沒有回應，請洽櫃台確認是否已完成。"),
    }
