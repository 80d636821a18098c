"""Gathering without a database: batches, a poison read, pressure, and a graceful end."""

import asyncio
import datetime as dt
import threading
import time
from collections.abc import Sequence

import pytest
from django.db import OperationalError

from citycard.portals.gate.gathering import MOST_TOGETHER, MOST_WAITING, Gatherer
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.waiting import MANY
from citycard.taps import api as taps
from tests.harness.patience import PATIENCE_S

NOW = dt.datetime(2026, 11, 18, tzinfo=dt.UTC)


def read(seq: int) -> taps.TapRead:
    return taps.TapRead(1 + seq // 500, 1, seq, NOW, "easycard", "printed", "1234567890123452")


class Taker:
    """Stands in for the flow: notes its batches, and fails where told."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.poison: set[int] = set()
        self.away = 0
        self.open = threading.Event()
        self.open.set()

    def __call__(self, *, reads: Sequence[taps.TapRead], now: dt.datetime) -> list[taps.TapAnswer]:
        self.open.wait(PATIENCE_S)
        self.batches.append(len(reads))
        if self.away:
            self.away -= 1
            raise OperationalError("server closed the connection")
        if any(one.seq in self.poison for one in reads):
            raise ValueError("poison")
        return [taps.TapAnswer(taps.Code.ACCEPTED_POINTS, one.seq) for one in reads]


async def answers_of(gatherer: Gatherer, *uploads: list[int]) -> list[object]:
    """Upload all at once and return points, or the problem's code, for each upload."""

    async def one(seqs: list[int]) -> object:
        try:
            return [answer.points for answer in await gatherer.take([read(s) for s in seqs])]
        except GateProblem as problem:
            return problem.code

    return list(await asyncio.gather(*(one(seqs) for seqs in uploads)))


def run(taker: Taker, *uploads: list[int], helpers: int = 1) -> list[object]:
    async def go() -> list[object]:
        gatherer = Gatherer(taker, helpers=helpers)
        gatherer.start()
        try:
            return await answers_of(gatherer, *uploads)
        finally:
            await gatherer.stop()

    return asyncio.run(go())


def test_what_arrives_together_is_written_together_and_each_gets_its_own() -> None:
    taker = Taker()
    uploads = [[n, n + 1000] for n in range(100)]
    assert run(taker, *uploads) == uploads
    assert len(taker.batches) < 20
    assert sum(taker.batches) == 200


def test_a_batch_is_never_larger_than_the_limit() -> None:
    taker = Taker()
    uploads = [[1000 * n + i for i in range(200)] for n in range(1, 9)]
    assert run(taker, *uploads) == uploads
    assert max(taker.batches) <= MOST_TOGETHER


def test_a_poison_read_fails_alone() -> None:
    taker = Taker()
    taker.poison = {7}
    answers = run(taker, *([n] for n in range(20)))
    assert answers == [[n] if n != 7 else "not_recorded" for n in range(20)]


def test_a_connection_that_died_is_tried_once_again() -> None:
    taker = Taker()
    taker.away = 1
    assert run(taker, [1], [2]) in ([[1], [2]],)


def test_a_database_that_is_away_says_when_to_come_back() -> None:
    taker = Taker()
    taker.away = 1_000
    assert set(map(str, run(taker, [1], [2], [3]))) == {"database_away"}


def test_a_helper_joins_when_many_wait() -> None:
    taker = Taker()
    taker.open.clear()
    writing: list[int] = []

    def take(*, reads: Sequence[taps.TapRead], now: dt.datetime) -> list[taps.TapAnswer]:
        writing.append(len(reads))
        return taker(reads=reads, now=now)

    async def go() -> None:
        gatherer = Gatherer(take)
        gatherer.start()
        first = asyncio.create_task(gatherer.take([read(0)]))
        await wait_until_there_are(writing, 1)
        few = [asyncio.create_task(gatherer.take([read(n)])) for n in range(1, MANY)]
        await asyncio.sleep(0.05)
        assert writing == [1]
        enough = asyncio.create_task(gatherer.take([read(MANY)]))
        await wait_until_there_are(writing, 2)
        assert writing == [1, MANY]
        taker.open.set()
        assert len(await asyncio.gather(first, *few, enough)) == MANY + 1
        await gatherer.stop()

    asyncio.run(go())


async def wait_until_there_are(writing: list[int], count: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while len(writing) < count and time.monotonic() < deadline:
        await asyncio.sleep(0.001)
    assert len(writing) == count


def test_too_many_waiting_are_turned_away_at_once() -> None:
    taker = Taker()
    taker.open.clear()

    async def go() -> None:
        gatherer = Gatherer(taker, helpers=0)
        gatherer.start()
        full = [
            asyncio.create_task(gatherer.take([read(n * 500 + i) for i in range(500)]))
            for n in range(MOST_WAITING // 500)
        ]
        await asyncio.sleep(0)
        with pytest.raises(GateProblem) as refused:
            await gatherer.take([read(0)])
        assert refused.value.status == 429
        assert refused.value.retry_s > 0
        taker.open.set()  # whoever is turned away didn't wait for this
        assert sum(len(one) for one in await asyncio.gather(*full)) == MOST_WAITING
        assert await gatherer.take([read(5)])
        await gatherer.stop()

    asyncio.run(go())


def test_closing_answers_what_waits_and_takes_nothing_new() -> None:
    taker = Taker()
    taker.open.clear()

    async def go() -> None:
        gatherer = Gatherer(taker, helpers=0)
        gatherer.start()
        waiting = [asyncio.create_task(gatherer.take([read(n)])) for n in range(50)]
        await asyncio.sleep(0.05)
        closing = asyncio.create_task(gatherer.stop())
        await asyncio.sleep(0.05)
        with pytest.raises(GateProblem) as refused:
            await gatherer.take([read(99)])
        assert refused.value.status == 503
        taker.open.set()
        answers = await asyncio.gather(*waiting)
        assert [one[0].points for one in answers] == list(range(50))
        await closing

    asyncio.run(go())


def test_who_hung_up_disturbs_nobody() -> None:
    taker = Taker()
    taker.open.clear()

    async def go() -> None:
        gatherer = Gatherer(taker, helpers=0)
        gatherer.start()
        gone, here = (asyncio.create_task(gatherer.take([read(n)])) for n in (1, 2))
        await asyncio.sleep(0.05)
        gone.cancel()
        taker.open.set()
        assert [one.points for one in await here] == [2]
        assert gatherer.waiting == 0
        await gatherer.stop()

    asyncio.run(go())
