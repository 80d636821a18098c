"""What a form doesn't take at present is offered to nobody."""

import datetime as dt
from typing import Any

import pytest

from citycard.flows import offering_rights
from citycard.infra import clock, partitions
from citycard.infra.unit_of_work import unit_of_work
from tests.flows.living import NOW
from tests.flows.test_offering_rights import member, offered

pytestmark = pytest.mark.city("taichung")


def offer(member_id: int, now: dt.datetime) -> None:
    with clock.stopped_at(now), unit_of_work():
        partitions.ensure_months(now.date(), now.date())
        offering_rights.offer(member_ids=[member_id], now=now)


def test_a_programme_between_two_windows_is_offered_when_it_opens_again(city: Any) -> None:
    """花博卡: 2019-04-30 to 2023-04-10 nobody could apply for one."""
    one = member(dt.date(1980, 1, 1), agrees=True)
    offer(one, dt.datetime(2021, 6, 1, 2, tzinfo=dt.UTC))
    assert "flora-card" not in offered(one)
    offer(one, NOW)
    assert "flora-card" in offered(one)
