"""Gathering: what arrives together is written together, and everybody is answered after the commit.

The writer takes all that waits, up to a limit, and runs it as one batch; what arrives meanwhile
is the next batch, so the busier the gate, the larger the batches. One writer is enough while few
wait: two would pay what a batch costs twice. A helper writes a batch of its own beside it when many
wait; they share readers, people and budgets as any two transactions do, each locked in one order.
When a batch fails, its requests are tried one by one: a poison read fails alone.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from citycard.infra import clock
from citycard.infra.database import give_back_connection, is_too_slow, is_unreachable
from citycard.portals.gate.metrics import BATCH_SECONDS, BATCH_TAPS, TAPS, WAITING
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.waiting import MANY, Line
from citycard.taps import api as taps

log = structlog.get_logger(__name__)

MOST_TOGETHER = 1_000
MOST_WAITING = 5_000
MOST_OF_READER = 1_000
"""A reader with a backlog sends two full uploads ahead of their answers; the rest lies in it."""

HELPERS = 1
STOP_WITHIN_S = 8.0
LINGER_S = 0.003
"""How long a writer waits for company, if its last batch had some: a lone tap never waits."""

LOOK_S = 0.0005
PATIENCE_S = 2.0
"""A database that took longer to refuse is away; otherwise a new connection is tried."""

Take = Callable[..., list[taps.TapAnswer]]


@dataclass(slots=True)
class Upload:
    """One request's taps, and where its answers go."""

    reader: int
    reads: Sequence[taps.TapRead]
    answered: "asyncio.Future[list[taps.TapAnswer]]"


class Gatherer:
    """The bounded line between the edge and the writers."""

    def __init__(self, take: Take, *, helpers: int = HELPERS) -> None:
        self._take = take
        self._helpers = helpers
        self._line: Line[Upload] = Line()
        self._waiting = 0
        self._of_reader: Counter[int] = Counter()
        self._closed = False
        self._threads: list[threading.Thread] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start the writers; called on the loop that serves."""
        self._loop = asyncio.get_running_loop()
        for n in range(1 + self._helpers):
            thread = threading.Thread(
                target=self._write, args=[n > 0], name="gate-writer", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    async def stop(self) -> None:
        """Take nothing new, answer all that waits, and end the writers."""
        self._closed = True
        self._line.close()
        deadline = time.monotonic() + STOP_WITHIN_S
        while any(thread.is_alive() for thread in self._threads) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    @property
    def waiting(self) -> int:
        """How many taps wait or are being written."""
        return self._waiting

    async def take(self, reads: Sequence[taps.TapRead]) -> list[taps.TapAnswer]:
        """Hand one reader's taps to the writers and return their answers once they are committed.

        :raises GateProblem: too many wait, of all readers or of this one (429), the gate is closing
            or the database away (503), or the taps could not be recorded (500); whoever sends them
            again gets one answer a tap all the same
        """
        reader, count = reads[0].device_id, len(reads)
        self._check_room(reader, count)
        assert self._loop is not None, "the gate was not started"
        upload = Upload(reader, reads, self._loop.create_future())
        self._waiting += count
        self._of_reader[reader] += count
        self._line.add(upload)
        try:
            return await upload.answered
        finally:
            self._waiting -= count
            self._of_reader[reader] -= count
            if not self._of_reader[reader]:
                del self._of_reader[reader]

    def _check_room(self, reader: int, count: int) -> None:
        if self._closed:
            raise GateProblem(503, "closing", "The gate is closing; send again soon.", retry_s=2)
        if self._of_reader[reader] + count > MOST_OF_READER:
            detail = "More taps of this reader wait than one may have waiting; send again soon."
            raise GateProblem(429, "too_many_of_reader", detail, retry_s=1)
        if self._waiting + count > MOST_WAITING:
            detail = "More taps wait than the city can take at once; send again soon."
            raise GateProblem(429, "too_many_waiting", detail, retry_s=1)

    def _write(self, helping: bool) -> None:
        """Write batches until nothing waits and nothing will."""
        company = 1
        while self._line.wait(helping=helping):
            self._linger(company)
            uploads = self._line.take(MOST_TOGETHER)
            self._answer(self._try_together(uploads))
            company = min(len(uploads) + len(self._line), MANY)
        give_back_connection()

    def _linger(self, company: int) -> None:
        """Wait a moment for those who were just answered, beside those who came meanwhile: two
        halves that took turns would pay what a batch costs twice."""
        until = time.monotonic() + LINGER_S
        while len(self._line) < company and time.monotonic() < until:
            time.sleep(LOOK_S)

    def _try_together(self, uploads: list[Upload]) -> list[tuple[Upload, "Answers"]]:
        reads = [read for upload in uploads for read in upload.reads]
        started = time.perf_counter()
        answers = self._attempt(reads)
        BATCH_SECONDS.observe(time.perf_counter() - started)
        BATCH_TAPS.observe(len(reads))
        if isinstance(answers, GateProblem):
            if answers.status == 503 or len(uploads) == 1:
                return [(upload, answers) for upload in uploads]
            return [(upload, self._attempt(upload.reads)) for upload in uploads]
        told: list[tuple[Upload, Answers]] = []
        at = 0
        for upload in uploads:
            told.append((upload, answers[at : at + len(upload.reads)]))
            at += len(upload.reads)
        return told

    def _attempt(self, reads: Sequence[taps.TapRead]) -> "Answers":
        started = time.monotonic()
        try:
            return self._once(reads)
        except Exception as why:  # noqa: BLE001 - told to the log, and to each reader
            if not is_away(why):
                return _failed(reads, why)
        give_back_connection()
        if time.monotonic() - started > PATIENCE_S:
            return _away()
        try:
            # A connection that died in the pool says nothing about the server: try on a new one.
            return self._once(reads)
        except Exception as why:  # noqa: BLE001 - told to the log, and to each reader
            give_back_connection()
            return _away() if is_away(why) else _failed(reads, why)

    def _once(self, reads: Sequence[taps.TapRead]) -> list[taps.TapAnswer]:
        answers = self._take(reads=reads, now=clock.now())
        for code, count in Counter(answer.code for answer in answers).items():
            TAPS[code].inc(count)
        return answers

    def _answer(self, told: list[tuple[Upload, "Answers"]]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(_deliver, told)
        WAITING.set(self._waiting)


Answers = list[taps.TapAnswer] | GateProblem


def _deliver(told: list[tuple[Upload, Answers]]) -> None:
    for upload, answers in told:
        if upload.answered.done():
            continue  # the reader hung up; it will send again and get the stored answer
        if isinstance(answers, GateProblem):
            upload.answered.set_exception(answers)
        else:
            upload.answered.set_result(answers)


def is_away(why: BaseException) -> bool:
    """Tell whether the database went away, or took longer than a reader can wait."""
    return is_unreachable(why) or is_too_slow(why)


def _failed(reads: Sequence[taps.TapRead], why: Exception) -> GateProblem:
    log.error("gate.batch_failed", taps=len(reads), exc_info=why)
    detail = "The taps could not be recorded, and nothing of them was kept. Send them again later."
    return GateProblem(500, "not_recorded", detail, retry_s=60)


def _away() -> GateProblem:
    log.warning("gate.database_away")
    return GateProblem(
        503, "database_away", "The city cannot be reached; send again soon.", retry_s=2
    )
