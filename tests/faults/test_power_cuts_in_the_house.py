"""The doors' power, and the database's, goes at every step of a redemption: as the kiosk's does.

As in ``test_power_cuts``, whose settings these tests know, too.
"""

import os
import random
import time

import pytest
from django.db import connection

from tests.faults.conftest import STEP, Rehearsal
from tests.harness.patience import PATIENCE_S, wait_until

DOOR = [
    "redeem.reserve.before_commit",
    "redeem.reserve.after_commit",
    "redeem.writing.before_commit",
    "redeem.writing.after_commit",
    "redeem.settle.before_commit",
    "redeem.settle.after_commit",
]
DOOR_AGAIN = {
    "redeem.release.before_commit": "agent.reserved",
    "redeem.release.after_commit": "agent.reserved",
    "redeem.present.before_commit": "writer.after_write",
    "redeem.present.after_commit": "writer.after_write",
}
"""Places of the doors that only a kiosk reaches whose power went before."""
LOTS = range(max(1, int(os.environ.get("CITYCARD_FAULT_ROUNDS", "10")) // 10))
FEW_DOOR_AGAIN = ["redeem.release.before_commit", "redeem.present.before_commit"]
FEW_DOOR = ["redeem.writing.after_commit", "redeem.settle.before_commit"]


def cut_the_doors_power(rehearsal: Rehearsal, place: str, times: int) -> None:
    """Kill the doors at a place, so many times; the agent goes on by itself when they are back."""
    rig = rehearsal.rig
    rig.start_door()
    rig.start_agent()
    for _ in range(times):
        rig.door.kill()
        rig.start_door(fail_at=place)
        rig.see("welcome")
        rehearsal.redeem()
        rehearsal.note(place)
        rig.door.kill()
        rehearsal.time_passes()
        rig.start_door()
        rehearsal.come_to_rest()
        rig.touch("/tray/take")
        rig.touch("/stop")
    rehearsal.examine()


def cut_the_doors_power_after_the_kiosks(rehearsal: Rehearsal, place: str, times: int) -> None:
    """Kill the agent, and then the doors while they hear how it ended."""
    rig = rehearsal.rig
    for _ in range(times):
        rig.door.kill()
        rig.start_door()
        rig.start_agent(fail_at=DOOR_AGAIN[place])
        rehearsal.redeem()
        assert rig.agent.died(), f"{DOOR_AGAIN[place]} was never reached"
        rig.agent.kill()
        rig.door.kill()
        rig.start_door(fail_at=place)
        rig.start_agent()
        wait_until(rig.door.died, what=f"{place} to be reached")
        rehearsal.note(place)
        rig.door.kill()
        rehearsal.time_passes()
        rig.start_door()
        rehearsal.come_to_rest()
        rig.agent.kill()
        rig.take_card_from_dead_kiosk()
    rehearsal.examine()


@pytest.mark.parametrize("place", FEW_DOOR)
def test_the_doors_lose_power(rehearsal: Rehearsal, place: str) -> None:
    cut_the_doors_power(rehearsal, place, 1)


@pytest.mark.parametrize("place", FEW_DOOR_AGAIN)
def test_the_doors_lose_power_after_the_kiosk(rehearsal: Rehearsal, place: str) -> None:
    cut_the_doors_power_after_the_kiosks(rehearsal, place, 1)


@pytest.mark.slow
@pytest.mark.parametrize("lot", LOTS)
@pytest.mark.parametrize("place", DOOR)
def test_the_doors_lose_power_ten_times_at_every_step(
    rehearsal: Rehearsal, place: str, lot: int
) -> None:
    cut_the_doors_power(rehearsal, place, 10)


@pytest.mark.slow
@pytest.mark.parametrize("lot", LOTS)
@pytest.mark.parametrize("place", DOOR_AGAIN)
def test_the_doors_lose_power_after_the_kiosk_ten_times(
    rehearsal: Rehearsal, place: str, lot: int
) -> None:
    cut_the_doors_power_after_the_kiosks(rehearsal, place, 10)


def cut_the_databases_power(rehearsal: Rehearsal, times: int) -> None:
    """Kill PostgreSQL at any moment of a redemption."""
    rig = rehearsal.rig
    rig.door.environment["DOOR_PATIENCE_S"] = "0.5"
    rig.start_door()
    rig.start_agent()
    chance = random.Random(7)
    for _ in range(times):
        rig.see("welcome")
        rig.touch("/tray/put", card="1")
        if rig.see("choose", "offline", "refused") == "choose":
            rig.touch("/choose", points=str(STEP))
            rig.see("confirm")
            before = len(rig.journal())
            rig.screen.timeout = 0.05  # don't wait for the answer: the power goes meanwhile
            rig.touch("/confirm", points=str(STEP))
            rig.screen.timeout = PATIENCE_S
            time.sleep(chance.uniform(0, 0.3))
            rehearsal.city.cluster.kill()
            rig.see("done", "refused", "given_back", "offline", "taken_away", "unclear")
            rehearsal.confirmed += len(rig.journal()) - before
            connection.close()
            rehearsal.city.cluster.start()
            rehearsal.note("database")
            rehearsal.time_passes()
            rehearsal.come_to_rest()
        rig.touch("/tray/take")
        rig.touch("/stop")
    rehearsal.examine()


def test_the_database_loses_power(rehearsal: Rehearsal) -> None:
    cut_the_databases_power(rehearsal, 2)


@pytest.mark.slow
@pytest.mark.parametrize("lot", LOTS)
def test_the_database_loses_power_twelve_times(rehearsal: Rehearsal, lot: int) -> None:
    cut_the_databases_power(rehearsal, 12)
