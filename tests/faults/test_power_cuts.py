"""The kiosk's power goes at every step of a redemption: nothing is lost, nothing is doubled.

Each place is hit by kill -9 of the process that is there; then time passes, the process comes back,
and the card, the kiosk's journal, the city's session and the ledger must agree.

``CITYCARD_FAULT_ROUNDS=100`` hits each place a hundred times; what was found at each restart is
printed, and added to the file that ``CITYCARD_FAULT_RECORD`` names. The doors' power and the
database's are cut in ``test_power_cuts_in_the_house``.
"""

import os

import pytest

from tests.faults.conftest import Rehearsal
from tests.harness.patience import wait_until

AGENT = [
    "agent.asked",
    "agent.before_reserved",
    "agent.reserved",
    "agent.before_allowed",
    "agent.allowed",
    "agent.touching",
    "writer.before_write",
    "writer.after_write",
    "agent.before_written",
    "agent.written",
    "agent.before_closed",
    "agent.closed",
]
AGENT_AGAIN = {
    "agent.recovering": "agent.written",
    "agent.asking_the_card": "writer.after_write",
    "agent.uploaded": "agent.closed",
}
"""Places that only a restart reaches, and where the power went before it."""
LOTS = range(max(1, int(os.environ.get("CITYCARD_FAULT_ROUNDS", "10")) // 10))
FEW_AGAIN = ["agent.asking_the_card"]
FEW = ["agent.reserved", "agent.touching", "writer.after_write", "agent.written"]


def cut_the_kiosks_power(rehearsal: Rehearsal, place: str, times: int) -> None:
    """Kill the agent at a place, so many times, with the card left lying or taken away."""
    rig = rehearsal.rig
    rig.start_door()
    for n in range(times):
        rig.start_agent(fail_at=place)
        rehearsal.redeem()
        assert rig.agent.died(), f"{place} was never reached"
        rehearsal.note(place)
        if n % 2:
            rig.take_card_from_dead_kiosk()
        rehearsal.time_passes()
        rig.agent.kill()
        rig.start_agent()
        rehearsal.come_to_rest()
        rig.agent.kill()
    rehearsal.examine()


def cut_the_kiosks_power_twice(rehearsal: Rehearsal, place: str, times: int) -> None:
    """Kill the agent, and again while it brings what was interrupted to its end."""
    rig = rehearsal.rig
    rig.start_door()
    for _ in range(times):
        rig.start_agent(fail_at=AGENT_AGAIN[place])
        rehearsal.redeem()
        assert rig.agent.died(), f"{AGENT_AGAIN[place]} was never reached"
        rig.agent.kill()
        if place == "agent.uploaded":  # it uploads while nobody stands there
            rig.take_card_from_dead_kiosk()
        rig.start_agent(fail_at=place)
        wait_until(rig.agent.died, what=f"{place} to be reached")
        rehearsal.note(place)
        rehearsal.time_passes()
        rig.agent.kill()
        rig.start_agent()
        rehearsal.come_to_rest()
        rig.agent.kill()
        rig.take_card_from_dead_kiosk()
    rehearsal.examine()


@pytest.mark.parametrize("place", FEW)
def test_the_kiosk_loses_power(rehearsal: Rehearsal, place: str) -> None:
    cut_the_kiosks_power(rehearsal, place, 2)


@pytest.mark.parametrize("place", FEW_AGAIN)
def test_the_kiosk_loses_power_again(rehearsal: Rehearsal, place: str) -> None:
    cut_the_kiosks_power_twice(rehearsal, place, 1)


@pytest.mark.slow
@pytest.mark.parametrize("lot", LOTS)
@pytest.mark.parametrize("place", AGENT)
def test_the_kiosk_loses_power_ten_times_at_every_step(
    rehearsal: Rehearsal, place: str, lot: int
) -> None:
    cut_the_kiosks_power(rehearsal, place, 10)


@pytest.mark.slow
@pytest.mark.parametrize("lot", LOTS)
@pytest.mark.parametrize("place", AGENT_AGAIN)
def test_the_kiosk_loses_power_again_ten_times(rehearsal: Rehearsal, place: str, lot: int) -> None:
    cut_the_kiosks_power_twice(rehearsal, place, 10)
