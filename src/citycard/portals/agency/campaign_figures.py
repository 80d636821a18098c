"""An activity's budget drawn, in a table and as a file: given, redeemed, lapsed, left; forecast."""

import csv
import dataclasses
import datetime as dt
import io
from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from citycard.activities import api as activities
from citycard.infra.web import charts, wording
from citycard.ledger import api as ledger

DAYS_SHOWN = 60


def burn_down(
    found: activities.Campaign,
    days: Sequence[ledger.FundDay],
    ends_on: dt.date,
    runs_out_on: dt.date | None,
) -> charts.Figure | None:
    """Draw what is left, day by day and ahead; the table beside it tells where the points went."""
    if not days:
        return None
    figure = charts.burn_down(
        _("預算還剩多少"),
        [(day.day, day.left) for day in days],
        budget=max(sum(day.added for day in days), 1),
        ends_on=max(ends_on, days[-1].day),
        unit=_("點"),
        about=_("撥入的點數減去已發出的點數，依帳本計算。"),
        csv_url=reverse("agency:budget_csv", args=[found.id]),
        runs_out_on=runs_out_on,
    )
    note = figure.note
    if runs_out_on is not None:
        note += _("點線是依最近兩週速度的預測。")
    return dataclasses.replace(figure, head=_head(), rows=_rows(days), note=note)


def given_by_day(days: Sequence[ledger.FundDay]) -> charts.Figure | None:
    """Draw what was given a day."""
    given = [(f"{day.day.month}/{day.day.day}", day.given) for day in days if day.given > 0]
    if not given:
        return None
    return charts.columns(
        _("每日發出點數"),
        given[-DAYS_SHOWN:],
        unit=_("點"),
        label=_("日期"),
        tone="points",
        about=_("當日刷卡與活動給出的點數，依帳本計算。"),
    )


def days_csv(days: Sequence[ledger.FundDay]) -> bytes:
    """Write the days as CSV with a byte-order mark."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([field.name for field in dataclasses.fields(ledger.FundDay)])
    writer.writerows(dataclasses.astuple(day) for day in days)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _head() -> tuple[str, ...]:
    return (
        _("日期"),
        _("撥入"),
        _("發出"),
        _("兌換"),
        _("逾期"),
        pgettext("points", "退回"),
        _("剩餘"),
    )


def _rows(days: Sequence[ledger.FundDay]) -> list[tuple[str, ...]]:
    return [
        (
            wording.date_short(day.day),
            *(
                wording.number(amount)
                for amount in (
                    day.added, day.given, day.redeemed, day.lapsed, day.returned, day.left
                )
            ),
        )
        for day in days
    ]  # fmt: skip
