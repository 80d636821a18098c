"""Many hands at once: hours are given exactly as often as they last, and corrected one by one."""

import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connection

from citycard.activities import api as activities
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.errors import Refused
from citycard.ledger import api as ledger
from tests.activities.test_volunteering import NOW, OFFICER, Volunteer, words

pytestmark = pytest.mark.usefixtures("fresh_database")
HANDS = 8


def all_at_once(work: Callable[[int], object]) -> list[str]:
    """Let many hands do it at the same moment; returns how each ended."""
    ready, ended = threading.Barrier(HANDS), []

    def hand(n: int) -> None:
        try:
            ready.wait()
            with unit_of_work():
                work(n)
            ended.append("done")
        except Refused as refusal:
            ended.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=hand, args=(n,)) for n in range(HANDS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ended) == HANDS, "somebody fell"
    return ended


def test_hours_are_given_as_often_as_they_last() -> None:
    giver = Volunteer(81_001)
    giver.tap((9, "in"), (12, "out"))

    def give(n: int) -> None:
        activities.give_hours(
            giver_id=giver.member_id,
            receiver_id=82_000 + n,
            minutes=60,
            key=uuid.uuid4(),
            actor=SYSTEM,
            now=NOW,
        )

    ended = all_at_once(give)
    assert ended.count("done") == 3
    assert set(ended) == {"done", "ledger.not_enough_points"}
    assert giver.balance == 0
    assert activities.verify() + ledger.verify() == []


def test_one_of_many_corrections_of_the_same_shift_stands_the_others_look_again() -> None:
    volunteer = Volunteer(81_002)
    volunteer.tap((9, "in"))
    (shift,) = volunteer.shifts

    def correct(n: int) -> None:
        activities.correct_shift(
            shift_id=shift.id,
            version=shift.version,
            words=words(9, 10 + n / 2),
            key=uuid.uuid4(),
            actor=OFFICER,
            now=NOW,
        )

    ended = all_at_once(correct)
    assert sorted(ended) == sorted(["done"] + ["activities.shift_changed"] * (HANDS - 1))
    (stands,) = volunteer.shifts
    assert volunteer.balance == stands.minutes > 0
    assert activities.verify() + ledger.verify() == []


@pytest.mark.parametrize("same_click", [True, False])
def test_a_shift_entered_by_many_hands_is_counted_once(same_click: bool) -> None:
    volunteer = Volunteer(81_010 + same_click)
    key = uuid.uuid4()

    def enter(_: int) -> None:
        activities.add_shift(
            member_id=volunteer.member_id,
            organiser=volunteer.organiser,
            place="hall",
            words=words(9, 11),
            key=key if same_click else uuid.uuid4(),
            actor=OFFICER,
            now=NOW,
        )

    ended = all_at_once(enter)
    others = "done" if same_click else "activities.shift_overlaps"
    assert sorted(ended) == sorted(["done"] + [others] * (HANDS - 1))
    assert volunteer.balance == 120


def test_taps_that_arrive_by_many_hands_end_in_the_same_hours() -> None:
    volunteer = Volunteer(81_003)
    taps = [(9 + 24 * (n // 2) + 3 * (n % 2), "out" if n % 2 else "in") for n in range(HANDS)]

    ended = all_at_once(lambda n: volunteer.take(taps[n]))
    assert set(ended) == {"done"}
    other = Volunteer(81_004)
    other.tap(*taps)
    assert volunteer.balance == other.balance > 0
    assert activities.verify() + ledger.verify() == []
