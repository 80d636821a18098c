"""Amounts, dates and times in the reader's language, as plain text.

A zone comes from Django's current time zone, which the settings take from the pack.
"""

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

ROC_OFFSET = 1911
_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def is_chinese() -> bool:
    """Tell whether the reader's language is Chinese."""
    return (get_language() or "zh-hant").startswith("zh")


def number(value: int | float) -> str:
    """Write a number with thousands separators."""
    return f"{value:,}".replace("-", "\N{MINUS SIGN}")


def points(value: int) -> str:
    """Write an amount of points with its unit."""
    return ngettext("%(number)s 點", "%(number)s 點", abs(value)) % {"number": number(value)}


def ntd(value: int) -> str:
    """Write an amount of New Taiwan dollars with its unit."""
    return _("%(number)s 元") % {"number": number(value)}


def hours(minutes: int) -> str:
    """Write a length of service, given in minutes, in hours and minutes."""
    whole, rest = divmod(abs(minutes), 60)
    sign = "\N{MINUS SIGN}" if minutes < 0 else ""
    if not whole:
        return _("%(minutes)s 分鐘") % {"minutes": f"{sign}{rest}"}
    shown = f"{sign}{whole:,}"
    if not rest:
        return _("%(number)s 小時") % {"number": shown}
    return _("%(number)s 小時 %(minutes)s 分") % {"number": shown, "minutes": rest}


def local_day(value: date | datetime) -> date:
    """Return the local calendar day of a date or an aware instant."""
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


def roc_date(value: date | datetime) -> str:
    """Write a date in the calendar of the Republic of China, as the law's forms do."""
    day = local_day(value)
    year = day.year - ROC_OFFSET
    if is_chinese():
        if year > 0:
            return f"民國 {year} 年 {day.month} 月 {day.day} 日"
        return f"民國前 {1 - year} 年 {day.month} 月 {day.day} 日"
    shown = f"ROC {year}" if year > 0 else f"{1 - year} before ROC"
    return f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year} ({shown})"


def date_both(value: date | datetime) -> str:
    """Write a date in both calendars: 民國 115 年 11 月 21 日（2026-11-21）."""
    if is_chinese():
        return f"{roc_date(value)}（{local_day(value).isoformat()}）"
    return roc_date(value)


def date_long(value: date | datetime, weekday: bool = True) -> str:
    """Write a date in full with its weekday."""
    day = local_day(value)
    if is_chinese():
        text = f"{day.year} 年 {day.month} 月 {day.day} 日"
        return f"{text}（週{_WEEKDAYS_ZH[day.weekday()]}）" if weekday else text
    text = f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}"
    return f"{_WEEKDAYS_EN[day.weekday()]} {text}" if weekday else text


def month(value: date | datetime) -> str:
    """Write a month with its year."""
    day = local_day(value)
    if is_chinese():
        return f"{day.year} 年 {day.month} 月"
    return f"{_MONTHS_EN[day.month - 1]} {day.year}"


def date_short(value: date | datetime) -> str:
    """Write month and day; the year too when it isn't this year."""
    day = local_day(value)
    this_year = day.year == timezone.localdate().year
    if is_chinese():
        return f"{day.month}/{day.day}" if this_year else f"{day.year}/{day.month}/{day.day}"
    text = f"{day.day} {_MONTHS_EN[day.month - 1][:3]}"
    return text if this_year else f"{text} {day.year}"


def clock_time(value: datetime) -> str:
    """Write the local time of day, 24 hours."""
    return f"{timezone.localtime(value):%H:%M}"


def date_time(value: datetime) -> str:
    """Write a date and the local time of day."""
    return f"{date_short(value)} {clock_time(value)}"


def ago(value: datetime, now: datetime | None = None) -> str:
    """Write how long ago an instant was; older than a week, the date itself."""
    past = (now or timezone.now()) - value
    if past < timedelta(minutes=1):
        return pgettext("time", "剛剛")
    if past < timedelta(hours=1):
        minutes = int(past.total_seconds() // 60)
        return ngettext("%(n)s 分鐘前", "%(n)s 分鐘前", minutes) % {"n": minutes}
    if past < timedelta(days=1):
        count = int(past.total_seconds() // 3600)
        return ngettext("%(n)s 小時前", "%(n)s 小時前", count) % {"n": count}
    if past < timedelta(days=7):
        return ngettext("%(n)s 天前", "%(n)s 天前", past.days) % {"n": past.days}
    return date_short(value)
