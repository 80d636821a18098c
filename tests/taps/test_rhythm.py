"""How long a reader is usually quiet is learned from its uploads, and an outage spoils nothing."""

import datetime as dt

import pytest

from citycard.flows import tapping
from citycard.infra.database import scalar
from citycard.taps import api as taps
from tests.taps.town import NOW, Town, tap

DAY = dt.timedelta(days=1)


def learned(usual: dt.timedelta, *gaps: dt.timedelta) -> dt.timedelta:
    seconds = usual.total_seconds()
    for gap in gaps:
        seconds = scalar("SELECT taps_usual_gap(%s, %s)", [seconds, gap.total_seconds()])
    return dt.timedelta(seconds=seconds)


@pytest.mark.django_db
def test_a_longer_gap_becomes_usual_by_and_by() -> None:
    assert learned(dt.timedelta(), 5 * DAY) == DAY  # no more than what is just being noticed
    assert learned(dt.timedelta(), *[5 * DAY] * 4) == 5 * DAY
    assert learned(5 * DAY, *[5 * DAY] * 20) == 5 * DAY


@pytest.mark.django_db
def test_an_outage_does_not_become_usual() -> None:
    hour = DAY / 24
    assert learned(hour, 60 * DAY) == DAY
    assert learned(3 * DAY, 60 * DAY) == 6 * DAY


@pytest.mark.django_db
def test_what_was_usual_fades_by_half_in_four_weeks() -> None:
    daily = learned(8 * DAY, *[DAY] * 28)
    assert abs(daily - 4 * DAY) < DAY / 24
    assert learned(8 * DAY, *[DAY] * 200) == DAY


@pytest.mark.django_db
def test_uploads_teach_it_and_several_at_once_are_one() -> None:
    town = Town()
    card, reader = town.card(town.residents(1)[0]), town.reader()
    for day in range(6):
        at = NOW + 2 * day * DAY
        for seq in (2 * day + 1, 2 * day + 2):
            tapping.take(reads=[tap(reader, seq, card, at=at)], now=at)
    (health,) = [one for one in taps.reader_health() if one.reader_id == reader.device_id]
    assert health.taken == 12
    assert health.usual_gap == 2 * DAY
