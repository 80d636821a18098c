"""Local days, birthdays, fact keys and references."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.kernel import ids
from citycard.kernel.errors import Refused
from citycard.kernel.periods import CityTime, DateSpan, birthday, next_month
from citycard.kernel.taiwan import roc
from citycard.kernel.taiwan.card_numbers import mask
from citycard.kernel.taiwan.text import fold

TAIPEI = CityTime(ZoneInfo("Asia/Taipei"))
FIRST = dt.datetime(2015, 1, 1)  # noqa: DTZ001 - hypothesis wants bounds without a zone
LAST = dt.datetime(2040, 1, 1)  # noqa: DTZ001 - as above
INSTANTS = st.datetimes(FIRST, LAST, timezones=st.just(dt.UTC))


def test_a_night_bus_belongs_to_the_day_it_started() -> None:
    half_past_one = dt.datetime(2026, 1, 1, 1, 30, tzinfo=TAIPEI.zone)
    assert TAIPEI.day(half_past_one) == dt.date(2026, 1, 1)
    assert TAIPEI.service_day(half_past_one) == dt.date(2025, 12, 31)


@given(INSTANTS)
def test_a_local_day_begins_at_its_own_midnight(instant: dt.datetime) -> None:
    day = TAIPEI.day(instant)
    assert TAIPEI.midnight(day) <= instant < TAIPEI.midnight(day + dt.timedelta(days=1))
    assert TAIPEI.month(instant) == day.replace(day=1)


@pytest.mark.parametrize(
    ("born", "age", "reached"),
    [
        (dt.date(1951, 3, 2), 65, dt.date(2016, 3, 2)),
        (
            dt.date(1952, 2, 29),
            65,
            dt.date(2017, 3, 1),
        ),  # a common year has no 29 February
        (dt.date(1952, 2, 29), 64, dt.date(2016, 2, 29)),
    ],
)
def test_birthdays(born: dt.date, age: int, reached: dt.date) -> None:
    assert birthday(born, age) == reached


def test_spans_are_half_open() -> None:
    year = DateSpan(dt.date(2026, 1, 1), dt.date(2027, 1, 1))
    assert dt.date(2026, 12, 31) in year
    assert dt.date(2027, 1, 1) not in year
    assert not year.meets(DateSpan(dt.date(2027, 1, 1), None))
    assert year.meets(DateSpan(None, None))
    with pytest.raises(ValueError, match="cannot end"):
        DateSpan(dt.date(2026, 1, 2), dt.date(2026, 1, 1))
    assert next_month(dt.date(2026, 12, 15)) == dt.date(2027, 1, 1)


@given(INSTANTS, st.integers(), st.integers())
def test_a_fact_key_is_its_time_and_nothing_but_the_fact(
    at: dt.datetime, one: int, other: int
) -> None:
    key = ids.fact_key(at, "tap", one)
    assert ids.fact_key(at, "tap", one) == key
    assert abs(ids.key_time(key) - at) < dt.timedelta(milliseconds=1)
    assert (ids.fact_key(at, "tap", other) == key) == (one == other)


def test_later_facts_have_later_keys() -> None:
    early, late = (
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
    )
    assert ids.fact_key(early, 2) < ids.fact_key(late, 1)


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_a_reference_survives_reading_aloud_and_finds_every_slip(groups: int) -> None:
    reference = ids.new_reference("A", groups=groups)
    aloud = reference.lower().replace("-", " ").replace("a ", "a-", 1)
    assert ids.read_reference(aloud) == reference
    slips = [
        reference[:place] + other + reference[place + 1 :]
        for place in range(2, len(reference))
        for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        if reference[place] not in ("-", other)
    ]
    assert not [slip for slip in slips if ids.read_reference(slip)]


def test_reads_days_of_the_republic() -> None:
    assert roc.read_roc("0400302") == dt.date(1951, 3, 2)
    assert roc.read_roc("115/11/21") == dt.date(2026, 11, 21)
    assert roc.read_roc("115-02-30") is None


def test_two_ways_to_write_tai_are_one() -> None:
    assert fold("台北市 ") == fold("臺北市")


def test_masks_as_the_card_companies_do() -> None:
    assert mask("11651733", [-5, -6, -7]) == "1***1733"
    assert mask("1234567890123456", range(6, 12)) == "12345******23456"


class TooMany(Refused):
    """There are {found} of them, {allowed} are allowed."""

    code = "test.too_many"


def test_a_refusal_tells_itself() -> None:
    assert str(TooMany(found=3, allowed=2)) == "There are 3 of them, 2 are allowed."
    assert TooMany(found=3, allowed=2) == TooMany(found=3, allowed=2)
