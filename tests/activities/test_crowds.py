"""Many writers on one campaign: the budget is given exactly, to nobody more than their share."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from citycard.activities import api as activities
from citycard.ledger import api as ledger
from tests.activities.conftest import NOW, UNIT, give, open_campaign, tap
from tests.harness.patience import PATIENCE_S

pytestmark = pytest.mark.usefixtures("fresh_database")


def test_32_writers_on_one_campaign() -> None:
    """The budget lies in sixteen slices; 2,560 taps ask for 17,920 points of its 16,003."""
    campaign = open_campaign(budget=16_003, points_per_tap=7, per_person_cap=2000)
    begin = threading.Barrier(32)
    taps = itertools.count()

    def write(n: int) -> int:
        begin.wait(PATIENCE_S)
        try:
            given = 0
            for _ in range(4):  # ten taps of one person and ten of others in each batch
                crowd = [tap(1000 + n % 5) for _ in range(10)]
                crowd += [tap(1 + next(taps) % 80) for _ in range(10)]
                given += sum(award.points for award in give(crowd))
            return given
        finally:
            connection.close()

    with ThreadPoolExecutor(32) as pool:
        given = sum(pool.map(write, range(32)))

    assert given == 16_003
    numbers = activities.statistics(campaign_id=campaign.id)
    assert (numbers.points, numbers.budget_left) == (16_003, 0)
    assert numbers.taps == 32 * 4 * 20
    holders = [*range(1, 81), *range(1000, 1005)]
    found = ledger.balances(holders=holders, unit=UNIT, on=NOW.date(), access=None)
    assert max(balance.available for balance in found.values()) <= 2000
    assert activities.verify() == ledger.verify() == []
