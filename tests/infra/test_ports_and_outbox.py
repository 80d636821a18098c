"""Ports are guarded, and what could not be said waits where people see it."""

import datetime as dt
import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

import pytest

from citycard.infra import outbox, ports
from citycard.infra.outbox import Letter, Outcome, Topic
from citycard.infra.unit_of_work import unit_of_work
from tests.harness.patience import PATIENCE_S

NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)


class Speaker(Protocol):
    def say(self, word: str) -> str: ...


class Echo:
    def __init__(self) -> None:
        self.let_go = threading.Event()

    def say(self, word: str) -> str:
        if word == "hang":
            self.let_go.wait(PATIENCE_S)
        if word == "break":
            raise OSError("no route")
        return word


@pytest.fixture
def echo() -> Iterator[Speaker]:
    speaker = Echo()
    ports.provide(Speaker, speaker, name="echo", timeout_s=2.0, concurrency=2)
    yield ports.use(Speaker)
    speaker.let_go.set()


def test_a_port_answers(echo: Speaker) -> None:
    assert echo.say("hello") == "hello"


@pytest.mark.django_db
def test_no_port_is_called_inside_a_unit_of_work(echo: Speaker) -> None:
    with pytest.raises(ports.PortCalledInTransaction), unit_of_work():
        echo.say("hello")


def test_a_hanging_port_costs_its_time_out_and_no_more_places_than_it_has(
    echo: Speaker,
) -> None:
    for expected in ("time-out", "time-out", "busy"):
        with pytest.raises(ports.PortUnavailable) as refusal:
            echo.say("hang")
        assert refusal.value.facts["why"] == expected


def test_after_three_failures_a_port_rests(echo: Speaker) -> None:
    for _ in range(3):
        with pytest.raises(ports.PortUnavailable):
            echo.say("break")
    with pytest.raises(ports.PortUnavailable) as refusal:
        echo.say("hello")
    assert refusal.value.facts["why"] == "resting"
    assert [health.state for health in ports.health() if health.port == "echo"] == ["down"]


class Post:
    """Delivers letters as its script says."""

    def __init__(self, script: list[str]) -> None:
        self.script = script
        self.said: list[int] = []

    def __call__(self, letters: Sequence[Letter], now: dt.datetime) -> list[Outcome]:
        step = self.script.pop(0)
        if step == "down":
            raise ports.PortUnavailable(port="post", why="time-out")
        self.said += [letter.ref for letter in letters]
        return [Outcome(id=letter.id, result=step, why=step) for letter in letters]


def post_of(script: list[str], most_attempts: int | None = 2) -> tuple[Topic, Post]:
    post = Post(script)
    return Topic(name="post", deliver=post, most_attempts=most_attempts), post


def put(*refs: int) -> None:
    with unit_of_work():
        outbox.enqueue(topic="post", letters=[(f"k{ref}", ref) for ref in refs], now=NOW)


@pytest.mark.django_db
def test_a_letter_goes_once_however_often_it_is_intended() -> None:
    topic, post = post_of(["done"])
    put(1, 2)
    put(1)
    assert outbox.drain_once(topic, now=NOW) == 2
    assert outbox.drain_once(topic, now=NOW) == 0
    assert post.said == [1, 2]


@pytest.mark.django_db
def test_a_system_that_is_down_never_wears_a_letter_out() -> None:
    topic, post = post_of(["down"] * 7 + ["done"])
    put(1)
    for minute in range(8):
        outbox.drain_once(topic, now=NOW + dt.timedelta(minutes=minute))
    assert post.said == [1]
    assert outbox.waiting(topic="post") == []


@pytest.mark.django_db
def test_a_refused_letter_ends_where_an_officer_sees_it_and_can_send_it_again() -> None:
    topic, _ = post_of(["retry", "retry", "done"])
    put(1)
    for minute in range(3):
        outbox.drain_once(topic, now=NOW + dt.timedelta(minutes=minute))
    (letter,) = outbox.waiting(failed_only=True)
    assert (letter.state, letter.attempts, letter.why) == ("failed", 2, "retry")
    with unit_of_work():
        outbox.retry([letter.id], now=NOW)
    outbox.drain_once(topic, now=NOW + dt.timedelta(minutes=9))
    assert outbox.waiting() == []


def next_in_s(at: dt.datetime) -> float:
    (letter,) = outbox.waiting(topic="post")
    return (letter.next_at - at).total_seconds()


@pytest.mark.django_db
def test_while_a_system_is_down_its_letters_are_tried_ever_more_rarely_up_to_a_limit() -> None:
    topic, _ = post_of(["down"] * 12)
    put(1)
    at, pauses = NOW, []
    for _ in range(12):
        assert outbox.drain_once(topic, now=at) == 1
        pauses.append(next_in_s(at))
        assert outbox.drain_once(topic, now=at + dt.timedelta(seconds=0.9)) == 0, "not before"
        at += dt.timedelta(seconds=pauses[-1])
    for times, pause in enumerate(pauses):
        longest = min(2.0 * 1.5**times, 30.0)
        assert longest / 2 <= pause <= longest
    assert len({round(pause / min(2.0 * 1.5**n, 30.0), 6) for n, pause in enumerate(pauses)}) > 6, (
        "what failed together comes back spread"
    )


@pytest.mark.django_db
def test_when_a_system_answers_again_all_that_waited_for_it_go_at_once() -> None:
    topic, post = post_of(["down"] * 6 + ["done", "done"])
    put(1, 2, 3)
    at = NOW
    for _ in range(6):
        outbox.drain_once(topic, now=at)
        at = max(letter.next_at for letter in outbox.waiting(topic="post"))
    with unit_of_work():
        outbox.enqueue(topic="post", letters=[("k4", 4)], now=NOW)
        outbox.retry([outbox.waiting(topic="post")[0].id], now=NOW - dt.timedelta(hours=1))
    first = Topic(name="post", deliver=post, batch=1)
    assert outbox.drain_once(first, now=NOW) == 1, "one gets through"
    assert outbox.drain_once(topic, now=NOW) == 3, "the others don't wait their pause out"
    assert sorted(post.said) == [1, 2, 3, 4]
    assert outbox.outages() == []


@pytest.mark.django_db
def test_an_outage_is_seen_while_it_lasts() -> None:
    topic, _ = post_of(["down"] * 3 + ["done"])
    put(1, 2)
    assert outbox.outages() == []
    for minute in range(3):
        outbox.drain_once(topic, now=NOW + dt.timedelta(minutes=minute))
    (outage,) = outbox.outages()
    assert (outage.topic, outage.letters, outage.why) == ("post", 2, "post: time-out")
    assert outage.since == NOW
    assert {letter.unanswered for letter in outbox.waiting(topic="post")} == {3}
    outbox.drain_once(topic, now=NOW + dt.timedelta(minutes=9))
    assert outbox.outages() == []
