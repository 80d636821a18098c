"""People for the tests of people."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM, Actor
from citycard.kernel.taiwan.national_id import with_check_digit
from citycard.people import api as people

NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)


@pytest.fixture
def enrol(db: None) -> Callable[..., int]:
    """Enrol one person and return their member id; each call makes another."""
    numbers = iter(range(1, 1000))

    def make(**changes: Any) -> int:
        values = {
            "name": "王小明",
            "birth_on": dt.date(1950, 3, 2),
            "sex": "m",
            "id_number": with_check_digit(f"A1{next(numbers):07d}"),
            "district": "zhongzheng",
        }
        with unit_of_work():
            (found,) = people.enrol_many(
                people=[people.NewMember(**{**values, **changes})], actor=SYSTEM, now=NOW
            )
        assert found.member_id is not None
        return found.member_id

    return make


@pytest.fixture
def clerk() -> Actor:
    return Actor(
        id="staff:1",
        kind="staff",
        roles=frozenset({"clerk"}),
        agency="office-daan",
        counter="office-daan",
        level=2,
    )


@pytest.fixture
def officer() -> Actor:
    return Actor(id="staff:2", kind="staff", roles=frozenset({"officer"}), agency="doit", level=2)
