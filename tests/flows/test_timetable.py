"""Every job of the timetable may run late, or twice: each does so here in a city that lives."""

import datetime as dt

import pytest

from citycard.flows.timetable import TIMETABLE
from citycard.infra import clock, partitions
from citycard.infra.jobs import Timed

pytestmark = pytest.mark.usefixtures("city")


@pytest.mark.parametrize("timed", TIMETABLE, ids=lambda timed: timed.name)
def test_runs_twice_and_late_without_harm(timed: Timed) -> None:
    now = clock.now()
    for late in (dt.timedelta(), dt.timedelta(), dt.timedelta(hours=5)):
        timed.run(now + late)


def test_months_are_there_before_they_begin() -> None:
    (job,) = [timed for timed in TIMETABLE if timed.name == "months-ahead"]
    job.run(clock.now())
    ready = partitions.months_ahead(clock.today())
    assert "taps_tap" in ready
    assert min(ready.values()) >= 3, ready
