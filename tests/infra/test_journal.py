"""The journal delivers each event once, in an order that a late commit cannot escape."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
from django.db import OperationalError, connection

from citycard.infra import jobs, journal
from citycard.infra.database import execute, rows
from citycard.infra.unit_of_work import UnitOfWorkMisused, unit_of_work
from citycard.kernel.events import Event
from tests.harness.patience import PATIENCE_S, wait_until

pytestmark = pytest.mark.usefixtures("fresh_database")


@dataclass(frozen=True, kw_only=True)
class LampLit(Event):
    code: ClassVar[str] = "test.lamp.lit"
    lamp_id: int


@dataclass(frozen=True, kw_only=True)
class StreetLit(Event):
    code: ClassVar[str] = "test.street.lit"
    lamps: int | tuple[int, ...]


class Follower:
    """Keeps what it took, and breaks on the lamps it is told to."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.poison: set[int] = set()

    def __call__(self, batch: list[journal.Announced]) -> None:
        lamps = [event.body["lamp_id"] for event in batch]
        if self.poison & set(lamps):
            raise ValueError("A123456789 is personal and must not be kept")
        self.seen += lamps


@pytest.fixture
def follower() -> Iterator[Follower]:
    execute("DELETE FROM infra_cursor")
    before = journal.subscribers()
    it = Follower()
    journal.subscribe(
        [journal.Subscriber(name="follower", codes=frozenset({LampLit.code}), handle=it)]
    )
    journal.pump_until_idle()
    it.seen.clear()
    yield it
    journal.subscribe(before)


def light(*lamps: int) -> None:
    with unit_of_work():
        journal.announce(*(LampLit(lamp_id=lamp) for lamp in lamps))


def test_what_is_announced_arrives_once_and_in_order(follower: Follower) -> None:
    light(1, 2)
    light(3)
    journal.pump_until_idle()
    journal.pump_until_idle()
    assert follower.seen == [1, 2, 3]


def test_a_change_that_rolls_back_was_never_announced(follower: Follower) -> None:
    with contextlib.suppress(RuntimeError), unit_of_work():
        journal.announce(LampLit(lamp_id=9))
        raise RuntimeError
    journal.pump_until_idle()
    assert follower.seen == []


def test_announcing_needs_a_unit_of_work() -> None:
    with pytest.raises(UnitOfWorkMisused):
        journal.announce(LampLit(lamp_id=1))


def test_a_transaction_that_commits_late_is_not_skipped(follower: Follower) -> None:
    wrote, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with unit_of_work():
            journal.announce(LampLit(lamp_id=1))
            wrote.set()
            go_on.wait(PATIENCE_S)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert wrote.wait(PATIENCE_S)
    light(2)
    journal.pump_until_idle(patience_s=0)
    assert follower.seen == []  # 2 waits: an older transaction may still announce
    go_on.set()
    thread.join()
    journal.pump_until_idle()
    assert follower.seen == [1, 2]


def test_what_waits_is_seen_at_one_look(follower: Follower) -> None:
    def since() -> list[tuple[str, bool, str | None]]:
        return [
            (one.subscriber.name, one.since is not None, one.stopped_why)
            for one in journal.waiting()
        ]

    assert since() == [("follower", False, None)]
    light(1)
    assert since() == [("follower", True, None)]
    follower.poison = {1}
    journal.pump_until_idle()
    ((_, waits, why),) = since()
    assert waits
    assert why is not None


def test_each_is_told_the_first_of_its_own_that_it_has_not_taken(follower: Follower) -> None:
    """However far apart those who follow are, and whoever takes what: as each would find alone."""
    lamps, streets = frozenset({LampLit.code}), frozenset({StreetLit.code})
    followers = [
        journal.Subscriber(name=name, codes=codes, handle=lambda batch: None, batch=many)
        for name, codes, many in (
            ("lamps", lamps, 2),
            ("streets", streets, 1),
            ("both", lamps | streets, 3),
            ("neither", frozenset({"test.never"}), 1),
        )
    ]
    journal.subscribe(followers)
    journal.pump_until_idle()
    for one in (1, 2, 3):
        light(one)
        with unit_of_work():
            journal.announce(StreetLit(lamps=one))
    for steps in ((), (0,), (0, 2), (1, 1), (1, 2), (0,)):
        for n in steps:
            journal.pump_once(followers[n])
        assert [one.since for one in journal.waiting()] == [first_of(one) for one in followers]


def first_of(subscriber: journal.Subscriber) -> object:
    found = rows(
        """
        SELECT j.recorded_at
        FROM infra_journal j JOIN infra_cursor c
          ON (j.generation, j.xid, j.id) > (c.generation, c.xid, c.id)
        WHERE c.subscriber = %s AND j.code = ANY(%s)
        ORDER BY j.generation, j.xid, j.id LIMIT 1
        """,
        [subscriber.name, sorted(subscriber.codes)],
    )
    return found[0].recorded_at if found else None


def test_transactions_are_followed_by_number_not_by_how_it_is_written(follower: Follower) -> None:
    """The thousandth comes after the one before it, however many wait."""
    execute(
        """
        INSERT INTO infra_journal (generation, xid, recorded_at, code, body)
        SELECT (SELECT max(number) FROM infra_generation), x::xid8, now(), %s,
               jsonb_build_object('lamp_id', n)
        FROM unnest(%s::text[]) WITH ORDINALITY AS t(x, n)
        """,
        [LampLit.code, ["98", "99", "100", "101"]],
    )
    execute("UPDATE infra_cursor SET xid = '1'::xid8, id = 0 WHERE subscriber = 'follower'")
    (subscriber,) = journal.subscribers()
    for batch in (1, 3):
        pump(replace(subscriber, batch=batch))
    assert follower.seen[:4] == [1, 2, 3, 4]


def test_a_poison_event_stops_its_subscriber_visibly_and_loses_nothing(
    follower: Follower,
) -> None:
    follower.poison = {2}
    light(1, 2, 3)
    journal.pump_until_idle()
    assert follower.seen == [1]
    (lag,) = journal.lag()
    assert lag.events == 2
    assert lag.stopped_why is not None
    assert lag.stopped_why.startswith("ValueError")
    assert "A123456789" not in lag.stopped_why
    follower.poison = set()
    journal.restart("follower")
    journal.pump_until_idle()
    assert follower.seen == [1, 2, 3]


def test_an_operator_may_pass_over_a_poison_event(follower: Follower) -> None:
    follower.poison = {2}
    light(1, 2, 3)
    journal.pump_until_idle()
    journal.restart("follower", skip=True)
    journal.pump_until_idle()
    assert follower.seen == [1, 3]


def test_the_application_cannot_rewrite_history() -> None:
    for statement in (
        "UPDATE infra_journal SET code = 'x'",
        "DELETE FROM infra_journal",
    ):
        with pytest.raises(Exception, match="permission denied"):
            execute(statement)
    partition = rows("SELECT inhrelid::regclass::text FROM pg_inherits LIMIT 1")[0][0]
    with pytest.raises(Exception, match="permission denied"):
        execute(f"DELETE FROM {partition}")


def test_a_subscriber_that_the_database_fails_holds_up_none_after_it(follower: Follower) -> None:
    def fails(batch: Sequence[journal.Announced]) -> None:
        raise OperationalError("canceling statement due to statement timeout")

    codes = frozenset({LampLit.code})
    journal.subscribe(
        [
            journal.Subscriber(name="failing", codes=codes, handle=fails),
            journal.Subscriber(name="follower", codes=codes, handle=follower),
        ]
    )
    with unit_of_work():
        journal.announce(LampLit(lamp_id=7))
    assert wait_until(jobs.pump_each) == 1
    assert follower.seen == [7]
    with pytest.raises(OperationalError):  # nothing else to do: the pump rests
        jobs.pump_each()


@dataclass
class Batches:
    """Keeps how much lay in each batch that it took."""

    taken: list[list[int]]

    def __call__(self, batch: Sequence[journal.Announced]) -> None:
        lamps = [event.body["lamps"] for event in batch]
        self.taken.append([one if isinstance(one, int) else len(one) for one in lamps])


@pytest.fixture
def streets(follower: Follower) -> Batches:
    """One who takes two streets at once, and more while they have no more than ten lamps."""
    return Batches([])


def follows(streets: Batches, *, holds: str = "lamps", most: int = 10) -> journal.Subscriber:
    one = journal.Subscriber(
        name="streets",
        codes=frozenset({StreetLit.code}),
        handle=streets,
        batch=2,
        holds=holds,
        most=most,
    )
    journal.subscribe([one])
    journal.pump_until_idle()
    streets.taken.clear()
    return one


def light_streets(*lamps: int | tuple[int, ...]) -> None:
    with unit_of_work():
        journal.announce(*(StreetLit(lamps=one) for one in lamps))


def pump(subscriber: journal.Subscriber) -> int:
    """Take a batch, once no transaction of other tests on the server holds it up."""
    give_up_at = time.monotonic() + PATIENCE_S
    while not (taken := journal.pump_once(subscriber)) and time.monotonic() < give_up_at:
        time.sleep(0.01)
    return taken


def test_who_is_behind_takes_more_at_once_up_to_its_bound(streets: Batches) -> None:
    subscriber = follows(streets)
    light_streets(3, (1, 2, 3), 3, 1, 1, 100, 100, 100, 4)
    assert [pump(subscriber) for _ in range(4)] == [4, 2, 2, 1]
    assert streets.taken == [[3, 3, 3, 1], [1, 100], [100, 100], [4]]


def test_what_comes_in_time_is_taken_as_it_comes(streets: Batches) -> None:
    subscriber = follows(streets)
    for lamps in (1, 2, 3):
        light_streets(lamps)
        assert pump(subscriber) == 1
    assert streets.taken == [[1], [2], [3]]


def test_who_states_no_bound_takes_batches_however_much_waits(streets: Batches) -> None:
    subscriber = follows(streets, holds="", most=0)
    light_streets(1, 1, 1, 1, 1)
    assert [pump(subscriber) for _ in range(3)] == [2, 2, 1]


def test_however_little_they_hold_so_many_events_are_read_at_once(streets: Batches) -> None:
    subscriber = follows(streets, most=10**6)
    light_streets(*[1] * 45)
    assert pump(subscriber) == 40
    assert pump(subscriber) == 5


def test_what_is_announced_after_a_restore_arrives_too(follower: Follower) -> None:
    """A dump carries the transaction ids of the server it was made on; a new server counts from
    the beginning."""
    with unit_of_work():
        journal.announce(LampLit(lamp_id=1))
    journal.pump_until_idle()
    raw = connection.connection
    assert not journal.begin_generation_if_restored(raw)
    old_server = "generation = (SELECT max(number) FROM infra_generation)"
    execute(f"UPDATE infra_cursor SET xid = '9000000000' WHERE {old_server}")
    with unit_of_work():
        journal.announce(LampLit(lamp_id=2))
    assert journal.pump_until_idle() == 0  # what would happen for ever
    assert journal.begin_generation_if_restored(raw)
    assert not journal.begin_generation_if_restored(raw)
    with unit_of_work():
        journal.announce(LampLit(lamp_id=3))
    journal.pump_until_idle()
    assert follower.seen == [1, 3]
