"""The form for a subscription of an agency's system, and the names of what it can be told."""

import datetime as dt

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from citycard.flows import handing_cases_on, telling_agencies
from citycard.infra import clock
from citycard.infra.web.forms import RocDateField


def kind_name(kind: str) -> str:
    """Return what a kind of message is called; one without a name stands for itself."""
    names = {
        "tap.counted": _("本機關設備的刷卡次數"),
        "right.began": _("會員取得本機關服務的資格"),
        "right.ended": _("會員失去本機關服務的資格"),
        "card.lost": _("會員的卡片掛失"),
        "card.bound": _("會員有了新卡片"),
        "proposal.decided": _("本機關的提案有了結果"),
        handing_cases_on.KIND: _("核准的案件資料"),
        telling_agencies.PING: _("測試訊息"),
    }
    return names.get(kind, kind)


def answer_words(answer: str) -> str:
    """Say what a receiver's answer means; empty where the answer says it all."""
    if answer.isdigit():
        return {
            telling_agencies.GONE: _("這個位址不再使用"),
            "2": "",
            "3": _("轉到別的位址，不會跟去"),
            "4": _("接收端不收"),
            "5": _("接收端出錯"),
        }.get(answer if answer == telling_agencies.GONE else answer[:1], "")
    return {
        "time-out": _("五秒內沒有回應"),
        "not-linked": _("已經不是本機關的會員，不必通知"),
        "not-sent": _("當事人已撤回同意，或城市設定不再傳送"),
        "no-connection": _("連不上"),
        "not-https": _("不是 https 位址"),
        "private-address": _("不是公開的位址"),
    }.get(answer, "")


class WebhookForm(forms.Form):
    """Where a system wants to be told, and of what."""

    url = forms.CharField(
        label=gettext_lazy("通知網址"),
        max_length=500,
        help_text=gettext_lazy("以 https:// 開頭，市府會把通知送到這裡。"),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("要通知的事"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own parameters
        field = self.fields["kinds"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(kind, kind_name(kind)) for kind in telling_agencies.KINDS]


class CasesForm(forms.Form):
    """Since which day approved cases are sent once more, or at last."""

    since = RocDateField(
        label=gettext_lazy("從哪一天核准的開始"),
        help_text=gettext_lazy(
            "例如系統啟用或資料毀損的那一天；同一件的識別碼相同，不會重複套用。"
        ),
    )

    def clean_since(self) -> dt.date:
        """Refuse a day that is still to come."""
        since: dt.date = self.cleaned_data["since"]
        if since > clock.today():
            raise forms.ValidationError(_("請選今天或更早的日期。"))
        return since
