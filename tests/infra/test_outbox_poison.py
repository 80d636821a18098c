"""A letter that brings out a mistake of ours stands alone: those beside it are delivered."""

import datetime as dt
from collections.abc import Sequence

import pytest

from citycard.infra import outbox
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.unit_of_work import unit_of_work

NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)


def enqueue(*refs: int) -> None:
    with unit_of_work():
        outbox.enqueue(topic="post", letters=[(f"k{ref}", ref) for ref in refs], now=NOW)


@pytest.mark.django_db
def test_one_broken_letter_leaves_the_others_delivered_and_is_visible() -> None:
    said: list[int] = []

    def deliver(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
        if any(letter.ref == 2 for letter in letters):
            raise ValueError("the name of somebody")
        said.extend(letter.ref for letter in letters)
        return [Outcome(id=letter.id, result="done") for letter in letters]

    enqueue(1, 2, 3)
    topic = Topic(name="post", deliver=deliver, most_attempts=2)
    assert outbox.drain_once(topic, now=NOW) == 3
    assert sorted(said) == [1, 3]
    (left,) = outbox.waiting(topic="post")
    assert (left.ref, left.state, left.attempts, left.why) == (2, "waiting", 1, "ValueError")
    outbox.drain_once(topic, now=NOW + dt.timedelta(minutes=1))
    (left,) = outbox.waiting(topic="post", failed_only=True)
    assert left.ref == 2


@pytest.mark.django_db
def test_who_comes_back_after_the_lease_changes_nothing_that_is_done() -> None:
    """A deliverer so slow that another took its letter over doesn't send it once more."""
    enqueue(1)
    quick = Topic(name="post", deliver=lambda some, _: [Outcome(id=some[0].id, result="done")])

    def slow(letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
        assert outbox.drain_once(quick, now=NOW + dt.timedelta(minutes=3)) == 1
        return [Outcome(id=letter.id, result="retry") for letter in letters]

    outbox.drain_once(Topic(name="post", deliver=slow), now=NOW)
    assert outbox.waiting(topic="post") == []
