"""“From the first working day of the month in which the person reaches the age”, exactly."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.infra.packs import find_pack
from citycard.kernel.periods import next_month
from citycard.rules import api as rules

NAMES = rules.vocabulary_of(find_pack("taipei"))
WORD = rules.read_condition({"age_from_first_workday": 65}, names=NAMES)
DAY = dt.timedelta(days=1)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


# birth, first day of the right, why
STARTS = [
    ("1960-05-20", "2025-05-01"),  # a Thursday, and Labour Day no day off in 2025
    ("1961-05-20", "2026-05-04"),  # a year later it is one, before a weekend
    ("1958-04-01", "2023-04-06"),  # the birthday comes first: spring holidays to the 5th
    ("1960-02-29", "2025-03-03"),  # no 29 February in 2025: the age is full on 1 March, a Saturday
    ("1960-01-31", "2025-01-02"),
    ("1957-12-31", "2022-12-01"),
]


@pytest.mark.parametrize(("birth", "starts"), STARTS)
def test_it_begins_on_the_first_working_day(birth: str, starts: str) -> None:
    facts = {"birth_on": day(birth)}
    found = [WORD.holds(facts, day(starts) + DAY * step).value for step in (-1, 0, 1)]
    assert found == ["no", "yes", "yes"]
    assert WORD.next_change(facts, day(starts) - DAY) == day(starts)
    assert WORD.next_change(facts, day(starts)) is None


def test_unknown_without_a_birth_date() -> None:
    assert WORD.holds({}, day("2025-05-01")).value == "unknown"
    assert WORD.next_change({}, day("2025-05-01")) is None


def test_the_reason_names_both_days() -> None:
    because = WORD.because({"birth_on": day("1960-05-20")}, day("2025-05-01"))
    assert because.sentence("zh-Hant") == (
        "年滿 65 歲當月第一個上班日起（2025-05-20 滿 65 歲，自 2025-05-01 起）"
    )
    later = WORD.because({"birth_on": day("1979-10-20")}, day("2025-05-01"))
    assert "no office calendar for that year yet" in later.sentence("en")


@given(
    birth=st.dates(dt.date(1890, 1, 1), dt.date(2030, 12, 31)),
    years=st.integers(0, 110),
    offset=st.integers(-800, 800),
)
def test_the_answer_changes_once_and_on_the_named_day(
    birth: dt.date, years: int, offset: int
) -> None:
    word = rules.read_condition({"age_from_first_workday": years}, names=NAMES)
    reached = rules.birthday(birth, years)
    on = reached + DAY * offset
    change = word.next_change({"birth_on": birth}, on)
    yes = word.holds({"birth_on": birth}, on).value == "yes"
    assert yes is (change is None)
    if change is not None:
        assert change.replace(day=1) == reached.replace(day=1)
        assert word.holds({"birth_on": birth}, change - DAY).value == "no"
        assert word.holds({"birth_on": birth}, change).value == "yes"
    assert word.holds({"birth_on": birth}, next_month(reached)).value == "yes"
