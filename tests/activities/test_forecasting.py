"""The day on which a budget runs out, worked out by hand."""

import datetime as dt

import pytest

from citycard.activities.forecasting import runs_out_on
from citycard.ledger import api as ledger

TODAY = dt.date(2026, 11, 21)


def day(ago: int, given: int, left: int) -> ledger.FundDay:
    on = TODAY - dt.timedelta(days=ago)
    return ledger.FundDay(day=on, added=0, given=given, redeemed=0, lapsed=0, returned=0, left=left)


@pytest.mark.parametrize(
    ("days", "ends_in"),
    [
        ([], None),  # nothing was put aside
        ([day(3, 0, 500)], None),  # nothing was given yet
        ([day(0, 10, 0)], None),  # it is used up
        ([day(20, 10, 90)], None),  # nobody came for three weeks
        ([day(0, 10, 100)], 10),  # begun today: today's pace
        ([day(0, 10, 101)], 11),  # the last part of a day is a day
        ([day(1, 10, 40), day(0, 10, 30)], 3),
        ([day(9, 50, 50), day(5, -10, 60)], 15),  # taken back: 40 in ten days
        ([day(40, 700, 300), day(2, 14, 28), day(0, 0, 28)], 28),  # old days don't count
    ],
)
def test_the_pace_of_a_fortnight(days: list[ledger.FundDay], ends_in: int | None) -> None:
    found = runs_out_on(days=days, on=TODAY)
    assert found == (None if ends_in is None else TODAY + dt.timedelta(days=ends_in))
