"""What the finance officer fills in for a refund run. A reason holds nothing of a person."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from citycard.infra.packs import Text
from citycard.infra.web import wording
from citycard.ledger import api as ledger
from citycard.portals.agency.campaign_forms import unit_name
from citycard.portals.naming import name_of

_WHY = {"required": _("請寫下原因，收到通知的市民會看到。")}


class WhyForm(forms.Form):
    """What each person will be told, in both languages."""

    why_zh = forms.CharField(
        label=_("原因（中文）"),
        max_length=200,
        help_text=_("通知上會照登，不要寫姓名或號碼，例如：11 月 20 日加值機重複扣點。"),
        error_messages=_WHY,
    )
    why_en = forms.CharField(label=_("原因（英文）"), max_length=200, error_messages=_WHY)

    def why(self) -> Text:
        """Return the reason in both languages."""
        return Text(zh=self.cleaned_data["why_zh"], en=self.cleaned_data["why_en"])


class RefundForm(WhyForm):
    """The list, and what comes on top."""

    file = forms.FileField(
        label=_("誤扣清單（CSV 或 Excel）"),
        help_text=_(
            "第一欄是紀錄編號或兌換編號，第二欄是要退的點數；空白表示全退。最多 50,000 列。"
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={"required": _("請選擇檔案。")},
    )
    goodwill = forms.IntegerField(
        label=_("每人另補償的點數"),
        min_value=0,
        max_value=100_000,
        required=False,
        help_text=_("不補償請留空白。每人一次，不論清單上有幾筆。"),
    )
    goodwill_fund = forms.ChoiceField(label=_("補償由哪一筆經費支付"), required=False)

    field_order = ("file", "why_zh", "why_en", "goodwill", "goodwill_fund")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(fund.id), fund_words(fund)) for fund in ledger.funds_left()]
        field = self.fields["goodwill_fund"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("不補償")), *choices]

    def clean(self) -> dict[str, Any]:
        """Points on top need somebody who pays them."""
        given = super().clean() or self.cleaned_data
        if given.get("goodwill") and not given.get("goodwill_fund"):
            self.add_error("goodwill_fund", _("請選擇支付補償的經費。"))
        return given

    def on_top(self) -> tuple[int, int | None]:
        """Return the points on top and the fund that pays them."""
        points = self.cleaned_data.get("goodwill") or 0
        return (points, int(self.cleaned_data["goodwill_fund"])) if points else (0, None)


def fund_words(fund: ledger.FundLeft) -> str:
    """Return a fund as a choice: whose, for what, how much is left."""
    left = f"{wording.number(fund.left)} {unit_name(fund.unit)}"
    return f"{name_of('agency', fund.agency)} · {fund.campaign_ref} · {left}"
