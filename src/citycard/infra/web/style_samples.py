"""Hard data for the style guide: long names, long places, nothing at all, errors. Made up."""
# ruff: noqa: E501  # sample sentences read better whole

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator

from . import charts
from .charts import Node
from .forms import ChoiceCards, ManyChoiceCards, RocDateField
from .parts import CardFace, Choice, Entry, QueueItem, Row

NOW = datetime(2026, 11, 21, 6, 3, tzinfo=UTC)
LONG_PLACE = "復興區三光里三民路二段巴陵社區活動中心"
LONG_NAME = "尤瑪．達陸．瓦旦．諾幹"


class SampleForm(forms.Form):
    """Every kind of control."""

    name = forms.CharField(label="姓名", help_text="與身分證相同。原住民族傳統姓名可以並列。")
    id_number = forms.CharField(
        label="身分證統一編號", help_text="一個英文字母加九個數字，例如 A123456789。"
    )
    born_on = RocDateField(label="出生日期")
    email = forms.EmailField(label="電子郵件", required=False)
    district = forms.ChoiceField(
        label="戶籍行政區", choices=[("", "請選擇"), ("a", "中正區"), ("b", LONG_PLACE)]
    )
    pickup = forms.ChoiceField(
        label="怎麼領卡",
        widget=ChoiceCards(
            cards={
                "counter": Choice(title="到櫃台領", hint="約 5 個工作天，可當場設定", icon="store"),
                "post": Choice(title="掛號寄送", hint="郵資 52 元，約 7 個工作天", icon="mailbox"),
            }
        ),
        choices=[("counter", "到櫃台領"), ("post", "掛號寄送")],
    )
    services = forms.MultipleChoiceField(
        label="要一起申辦的服務",
        widget=ManyChoiceCards(
            cards={
                "senior": Choice(title="敬老優惠", hint="年滿 65 歲，每月 480 點", icon="bus"),
                "health": Choice(
                    title="敬老健康點數", hint="參加健康活動可集點", icon="heart-pulse"
                ),
                "library": Choice(title="圖書借閱", hint="免帶借閱證", icon="library"),
            }
        ),
        choices=[("senior", "敬老"), ("health", "健康"), ("library", "圖書")],
    )
    language = forms.ChoiceField(
        label="通知的語言",
        widget=forms.RadioSelect,
        choices=[("zh", "中文"), ("en", "English")],
    )
    photo = forms.FileField(label="照片", help_text="JPG 或 PNG，10 MB 以內，兩年內拍攝。")
    remark = forms.CharField(label="其他要告訴我們的事", widget=forms.Textarea, required=False)
    agreed = forms.BooleanField(label="我同意市政府為了審查這次申請，向戶政機關查對我的戶籍資料。")


def bad_form() -> SampleForm:
    """Return the form as it comes back with errors."""
    return SampleForm(
        {"name": "", "id_number": "A12345678", "born_on_year": "70", "born_on_month": "13",
         "born_on_day": "1", "email": "nobody", "district": "", "language": "fr"}
    )  # fmt: skip


def _cards() -> list[CardFace]:
    return [
        CardFace(title="市民卡", kind_name="敬老", kind="senior", masked_number="0912 **** **** 3456",
                 state="active", holder="王小美", fresh_at=NOW, code_url="#code"),
        CardFace(title="市民卡", kind_name="愛心陪伴", kind="companion", state="lost",
                 masked_number="1100 **** **** 0027", holder=LONG_NAME, features=["捷運", "公車", "圖書館"]),
        CardFace(title="Citizen Card", kind_name="Companion (disability)", kind="disability",
                 state="suspended", masked_number="8899 **** **** 7102", valid_until="2027-03-31",
                 holder="Maria Concepcion Dela Cruz-Santos", features=["Metro", "Bus"]),
    ]  # fmt: skip


def _timeline() -> list[Entry]:
    return [
        Entry(title="送出申請", at=NOW - timedelta(days=4, hours=2), state="submitted"),
        Entry(title="戶籍資料查對完成", at=NOW - timedelta(days=4), state="done", body="設籍滿 3 個月，符合。"),
        Entry(title="社會局請您補件", at=NOW - timedelta(hours=5), state="supplement", is_current=True,
              body="照片太暗，看不清楚臉部。請在 12/5 前重新上傳一張。"),
        Entry(title="製卡", state="waiting"),
    ]  # fmt: skip


def _figures() -> dict[str, Any]:
    days = [date(2026, 10, 1) + timedelta(days=n) for n in range(52)]
    left = [(day, 500_000 - 6_400 * n - (n % 7) * 900) for n, day in enumerate(days)]
    tree = Node(label="全市", value=18_240, children=(
        Node(label="衛生局", value=9_200, children=(
            Node(label="健康服務中心", value=6_150), Node(label="聯合醫院各院區", value=3_050))),
        Node(label="社會局", value=6_040), Node(label=LONG_PLACE, value=3_000)))  # fmt: skip
    return {
        "bars": charts.bars(
            "各行政區使用人數", [("中正區", 1240), (LONG_PLACE, 873), ("南港區", 12), ("連江縣", None), ("萬華區", 0)],
            unit="人", label="行政區", csv_url="#csv",
            about="本月至少刷卡一次的人數；同一人只計一次。人數少於 10 不顯示。"),
        "columns": charts.columns(
            "每日刷卡次數", [(f"11/{n}", 400 + (n * 137) % 290 - (260 if n % 7 in (0, 6) else 0)) for n in range(1, 22)],
            unit="次", label="日期", about="讀卡機收到並接受的刷卡；重複上傳不重複計算。"),
        "tree": charts.tree("全市服務使用人次", tree, unit="人次", about="各局處相加等於全市。"),
        "burn": charts.burn_down("健康走路活動剩餘點數", left, budget=500_000, ends_on=date(2026, 12, 31), unit="點"),
        "spark": charts.sparkline([3, 5, 4, 8, 7, 9, 12], "七天來逐漸增加"),
    }  # fmt: skip


def _queue() -> list[QueueItem]:
    return [
        QueueItem(reference="A-1042", title="敬老卡・換發", url="#1", waited="2 分", is_current=True),
        QueueItem(reference="A-1043", title="愛心陪伴卡、圖書借閱、健康集點", url="#2", waited="16 分",
                  is_late=True, state="supplement"),
        QueueItem(reference="A-1044", title="新申辦", url="#3", waited="剛到"),
    ]  # fmt: skip


def data(page: str) -> dict[str, Any]:
    """Return what a page of the style guide shows."""
    form = SampleForm()
    return {
        "form": form,
        "bad_form": bad_form(),
        "cards": _cards(),
        "entries": _timeline(),
        "figures": _figures(),
        "waiting": _queue(),
        "today": date(2026, 11, 21),
        "born": date(1951, 3, 2),
        "now": NOW,
        "rows": [
            Row(label="姓名", value=LONG_NAME, url="#name"),
            Row(label="出生日期", value="民國 40 年 3 月 2 日（1951-03-02）", url="#born"),
            Row(
                label="戶籍地址",
                value=LONG_PLACE + "\n（由戶政資料帶入，不能在這裡修改）",
            ),
            Row(
                label="要申辦的服務", value="敬老優惠\n敬老健康點數", url="#services", change="修改"
            ),
        ],
        "page_of": Paginator(range(480), 20).page(7),
        "steps_of": ["您是誰", "服務", "文件", "確認", "送出"],
        "kiosk_steps": ["放上卡片", "選點數", "完成"],
        "tab_items": [
            ("待處理", "#a", True, 12),
            ("等候補件", "#b", False, 3),
            ("已完成", "#c", False, 1204),
        ],
        "states": ["active", "lost", "supplement", "checking", "expired", "handed_over", "unknown"],
        **_reader(page),
    }


def _reader(page: str) -> dict[str, Any]:
    if page == "reader-bad":
        return {
            "tone": "bad",
            "word": "卡片已掛失",
            "because": "Card reported lost",
            "next": "請洽服務臺",
        }
    return {"tone": "good", "word": "可以入場", "because": "敬老優惠", "next": ""}
