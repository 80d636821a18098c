"""Amounts, dates and states in both languages."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from citycard.infra.web import badges, wording

DAY = date(1951, 3, 2)


def test_amounts_carry_their_unit() -> None:
    with override("zh-hant"):
        assert wording.points(320) == "320 點"
        assert wording.points(-1320) == "\N{MINUS SIGN}1,320 點"
        assert wording.ntd(40) == "40 元"
        assert wording.hours(90) == "1 小時 30 分"
        assert wording.hours(180) == "3 小時"
        assert wording.hours(50) == "50 分鐘"
    with override("en"):
        assert wording.points(1) == "1 point"
        assert wording.points(0) == "0 points"
        assert wording.ntd(40) == "NT$40"


def test_dates_in_both_calendars() -> None:
    with override("zh-hant"):
        assert wording.roc_date(DAY) == "民國 40 年 3 月 2 日"
        assert wording.roc_date(date(1905, 1, 1)) == "民國前 7 年 1 月 1 日"
        assert wording.date_both(DAY) == "民國 40 年 3 月 2 日（1951-03-02）"
        assert wording.date_long(date(2026, 11, 21)) == "2026 年 11 月 21 日（週六）"
    with override("en"):
        assert wording.roc_date(DAY) == "2 March 1951 (ROC 40)"
        assert wording.date_long(date(2026, 11, 21)) == "Saturday 21 November 2026"


def test_an_instant_is_shown_in_the_citys_day() -> None:
    late = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    with override("zh-hant"), timezone.override("Asia/Taipei"):
        assert wording.date_long(late, weekday=False) == "2027 年 1 月 1 日"
        assert wording.clock_time(late) == "01:00"


@pytest.mark.parametrize(("past", "words"), [
    (timedelta(seconds=59), "剛剛"),
    (timedelta(minutes=1), "1 分鐘前"),
    (timedelta(minutes=59), "59 分鐘前"),
    (timedelta(hours=1), "1 小時前"),
    (timedelta(hours=23), "23 小時前"),
    (timedelta(days=1), "1 天前"),
    (timedelta(days=6), "6 天前"),
])  # fmt: skip
def test_how_long_ago(past: timedelta, words: str) -> None:
    now = datetime(2026, 11, 21, 6, tzinfo=UTC)
    with override("zh-hant"):
        assert wording.ago(now - past, now) == words


def test_every_state_has_a_tone_an_icon_and_a_word_in_both_languages() -> None:
    from citycard.infra.web.icons import shapes

    for state, badge in badges.STATES.items():
        assert badge.tone in badges.TONES
        assert shapes(badge.icon)
        with override("en"):
            assert str(badge.word).isascii(), state


def test_an_unknown_state_is_our_mistake() -> None:
    with pytest.raises(LookupError, match="purple"):
        badges.badge("purple")
