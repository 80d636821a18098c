"""From taps to stored, priced rides: one person's month, whatever happens to it."""

import pytest

from citycard.fares.differing import Difference
from citycard.infra.database import rows, scalar
from tests.fares.riding_town import MONTH, Town, at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _taoyuan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYCARD_CITY", "taoyuan")


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def test_a_bus_ride_is_stored_priced_and_its_points_are_posted(town: Town) -> None:
    member = town.resident("senior-rides")
    number = town.card(member)
    town.take(
        town.tap(number, at(5, 8), "in", ticket="senior"),
        town.tap(
            number,
            at(5, 8, 20),
            "out",
            ticket="senior",
            metres=8_000,
            charged_ntd=0,
            points_taken=9,
        ),
    )
    [ride] = town.rides(member)
    assert (ride.fare_ntd, ride.points, ride.stored_ntd, ride.difference_micro) == (18, 9, 0, 0)
    assert ride.due_micro == 18_000_000
    assert ride.due_micro == ride.collected_micro + sum(ride.subsidies) + ride.difference_micro
    assert town.points_left(member) == 800 - 9
