"""The rehearsals can fail: two deliberately broken cities are caught by the same examination."""

from collections.abc import Sequence
from typing import Any

import pytest

from citycard.redemptions import expiring
from citycard.redemptions.hearing import lock
from tests.faults.conftest import Rehearsal, SomethingLostOrDoubled
from tests.faults.test_power_cuts import cut_the_kiosks_power


def test_a_kiosk_without_keys_is_caught(rehearsal: Rehearsal) -> None:
    """No idempotency key: after the power cut it redeems once more."""
    rehearsal.rig.agent.nursery = rehearsal.rig.programs.forgetful_agent
    with pytest.raises(SomethingLostOrDoubled, match='"lines on the card": 2'):
        cut_the_kiosks_power(rehearsal, "agent.before_written", 1)


def test_a_city_that_releases_a_writing_by_the_clock_is_caught(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Release on expiry: the points come back although the card was written."""

    def lock_more(condition: str, params: Sequence[Any], *, limit: int = 500) -> Any:
        wider = condition.replace("state = 'reserved'", "state IN ('reserved', 'writing')")
        return lock(wider, params, limit=limit)

    monkeypatch.setattr(expiring, "lock", lock_more)
    with pytest.raises(SomethingLostOrDoubled, match='"points spent": 0'):
        cut_the_kiosks_power(rehearsal, "agent.written", 1)
