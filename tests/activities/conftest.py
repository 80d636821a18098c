"""Residents, readers and campaigns for the tests of activities."""

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from citycard.activities import api as activities
from citycard.infra.packs import Text
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.ids import fact_key
from citycard.ledger import api as ledger
from citycard.people import api as people

NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
START, END = NOW - dt.timedelta(days=30), NOW + dt.timedelta(days=30)
UNIT = "taipei-points"
READER = 501
_numbers = itertools.count()


def new_campaign(**terms: Any) -> activities.NewCampaign:
    """Return the terms of a campaign: 10 points a tap, 25 a person, 1,000 in all."""
    usual: dict[str, Any] = {
        "code": f"health-{next(_numbers)}",
        "agency": "health",
        "names": Text("健康集點", "Health points"),
        "unit": UNIT,
        "points_per_tap": 10,
        "per_person_cap": 25,
        "budget": 1000,
        "starts_at": START,
        "ends_at": END,
        "residents_only": False,
        "devices": [READER],
    }
    return activities.NewCampaign(**(usual | terms))


def open_campaign(**terms: Any) -> activities.Campaign:
    """Set a campaign up and open it."""
    with unit_of_work():
        made = activities.create_campaign(new=new_campaign(**terms), actor=SYSTEM, now=START)
        return activities.open_campaign(campaign_id=made.id, actor=SYSTEM, now=START)


def tap(member: int, *, at: dt.datetime = NOW, reader: int = READER) -> activities.AwardRequest:
    """Return one tap, unlike any other."""
    n = next(_numbers)
    key = fact_key(at, "tap", n)
    return activities.AwardRequest(n=n, member_id=member, device_id=reader, at=at, tap_key=key)


def give(taps: Sequence[activities.AwardRequest]) -> list[activities.Award]:
    """Decide what taps give and post it, as the tapping flow does."""
    with unit_of_work():
        awards = activities.award(requests=taps, actor=SYSTEM, now=NOW)
        moves = [award.move for award in awards if award.move]
        posted = ledger.move_many(moves=moves, actor=SYSTEM, now=NOW)
    assert all(one.outcome == "posted" for one in posted)
    assert [award.n for award in awards] == [one.n for one in taps]
    return awards


def points(awards: Sequence[activities.Award]) -> list[int]:
    return [award.points for award in awards]


@pytest.fixture
def resident(db: None) -> Callable[..., int]:
    """Make a member registered in a city from a day on; returns the id."""

    def make(city: str, *, since: dt.date, until: dt.date | None = None) -> int:
        number = next(_valid_numbers)
        new = people.NewMember(
            name="王小美", birth_on=dt.date(1960, 1, 1), sex="f", id_number=number
        )
        with unit_of_work():
            (enrolled,) = people.enrol_many(people=[new], actor=SYSTEM, now=NOW)
            assert enrolled.member_id is not None
            fact = people.NewFact(
                member_id=enrolled.member_id,
                name="registered_city",
                value=city,
                valid_from=since,
                valid_to=until,
                source="test",
                basis_kind="test",
                basis_id="1",
            )
            people.record_facts(facts=[fact], actor=SYSTEM, now=NOW)
        return enrolled.member_id

    return make


def _id_numbers() -> Any:
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1)
    for serial in itertools.count(20000000):
        digits = [1, 0, *map(int, str(serial))]  # A = 10, female = 2
        total = sum(d * w for d, w in zip(digits, weights, strict=True))
        yield f"A{serial}{-total % 10}"


_valid_numbers = _id_numbers()
