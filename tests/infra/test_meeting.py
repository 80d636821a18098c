"""Two who lock the same rows in opposite order: the one the database ends is taken again, if it can
be, and nobody sees an error of ours."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any, ClassVar, Protocol

import psycopg
import pytest
from django.contrib import messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from citycard.config import urls
from citycard.infra import journal, ports
from citycard.infra.database import execute, met_another, rows, scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.infra.web import again
from citycard.kernel.events import Event
from tests.harness.databases import Clone
from tests.harness.patience import PATIENCE_S, wait_until

pytestmark = pytest.mark.usefixtures("fresh_database")


class Lamp(Protocol):
    def light(self) -> None: ...


class _Lamp:
    def light(self) -> None:
        pass


class Crossing:
    """Two seats; who comes takes the first, then the second, in the order of their address."""

    def __init__(self) -> None:
        self.both_sit = threading.Barrier(2, timeout=PATIENCE_S)
        self.tries: list[str] = []
        self.heard: list[tuple[str, bytes]] = []
        self.meets_each_time = False
        self.before: Callable[[HttpRequest], None] = lambda request: None

    def view(self, request: HttpRequest, first: int, second: int) -> HttpResponse:
        who = f"{first}{second}"
        self.tries.append(who)
        request.session["seen"] = request.session.get("seen", 0) + 1
        messages.success(request, who)
        self.heard += [(who, file.read()) for file in request.FILES.values()]
        self.before(request)
        with unit_of_work():
            take(first)
            if self.tries.count(who) == 1 or self.meets_each_time:
                self.both_sit.wait()
            take(second)
        told = [str(one) for one in messages.get_messages(request)]
        return HttpResponse(json.dumps([told, request.session["seen"]]))


_TAKE = "UPDATE test_seat SET taken = taken + 1 WHERE id = %s"


def take(seat: int) -> None:
    execute(_TAKE, [seat])


@pytest.fixture
def crossing(owner_sql: Any) -> Iterator[Crossing]:
    owner_sql("DROP TABLE IF EXISTS test_seat")
    owner_sql("CREATE TABLE test_seat (id int PRIMARY KEY, taken int NOT NULL DEFAULT 0)")
    owner_sql("INSERT INTO test_seat (id) VALUES (1), (2)")
    owner_sql("GRANT SELECT, UPDATE ON test_seat TO citycard_app")
    it = Crossing()
    module = sys.modules["crossing"] = ModuleType("crossing")
    module.urlpatterns = [  # type: ignore[attr-defined]  # a module made here
        path("cross/<int:first>/<int:second>", it.view),
        *urls.urlpatterns,
    ]
    with override_settings(ROOT_URLCONF="crossing"):
        yield it
    del sys.modules["crossing"]


def taken() -> list[int]:
    return [int(one.taken) for one in rows("SELECT taken FROM test_seat ORDER BY id")]


def cross(first: int, second: int, accept: str = "text/html") -> Any:
    try:
        client = Client(headers={"accept": accept}, raise_request_exception=False)
        paper = SimpleUploadedFile("paper.txt", b"a paper")
        return client.post(f"/cross/{first}/{second}", {"paper": paper})
    finally:
        connection.close()


def both(accept: str = "text/html") -> list[Any]:
    with ThreadPoolExecutor(2) as threads:
        here = threads.submit(cross, 1, 2, accept)
        there = threads.submit(cross, 2, 1, accept)
        return [here.result(), there.result()]


def test_who_was_chosen_in_a_deadlock_is_taken_again_as_they_came(crossing: Crossing) -> None:
    answers = both()
    assert [it.status_code for it in answers] == [200, 200]
    assert sorted(crossing.tries) in (["12", "12", "21"], ["12", "21", "21"])
    assert taken() == [2, 2], "each took its seats once"
    assert sorted(json.loads(it.content)[0] for it in answers) == [["12"], ["21"]]
    assert [json.loads(it.content)[1] for it in answers] == [1, 1], "a session of nobody's try"
    assert {what for _, what in crossing.heard} == {b"a paper"}, "a paper is read from its start"
    assert len(crossing.heard) == 3


def test_who_spoke_to_an_outside_system_is_told_to_look(crossing: Crossing) -> None:
    ports.provide(Lamp, _Lamp(), name="lamp")
    crossing.before = lambda request: ports.use(Lamp).light()
    told = next(it for it in both() if it.status_code != 200)
    assert (told.status_code, told["Retry-After"]) == (503, "60")
    assert "做到一半" in told.content.decode()
    assert taken() == [1, 1], "only the other one's"
    assert len(crossing.tries) == 2


def test_what_has_committed_before_is_not_done_twice(crossing: Crossing) -> None:
    def write_first(request: HttpRequest) -> None:
        with unit_of_work():
            scalar("SELECT 1")

    crossing.before = write_first
    told = next(it for it in both("application/json") if it.status_code != 200)
    assert told.json()["code"] == "infra.stopped_halfway"
    assert len(crossing.tries) == 2


def test_that_somebody_looked_may_be_written_down_twice(crossing: Crossing) -> None:
    def look(request: HttpRequest) -> None:
        with unit_of_work(harmless_again=True):
            scalar("SELECT 1")

    crossing.before = look
    assert [it.status_code for it in both()] == [200, 200]


def test_who_signed_in_meanwhile_is_not_taken_again(crossing: Crossing) -> None:
    crossing.before = lambda request: request.session.cycle_key()
    assert sorted(it.status_code for it in both()) == [200, 503]


@pytest.mark.parametrize(
    ("accept", "words"),
    [
        ("text/html", ["剛好有人同時在改", "資料沒有任何變更", "請再送一次"]),
        ("application/json", ["infra.met_another"]),
    ],
)
def test_who_meets_somebody_each_time_is_told_so(
    crossing: Crossing, monkeypatch: pytest.MonkeyPatch, accept: str, words: list[str]
) -> None:
    monkeypatch.setattr(again, "PAUSES_S", ())
    told = next(it for it in both(accept) if it.status_code != 200)
    assert (told.status_code, told["Retry-After"]) == (503, "5")
    for said in words:
        assert said in told.content.decode()
    assert taken() == [1, 1]


def test_a_serialization_failure_is_a_meeting_too() -> None:
    for state, is_one in (("40001", True), ("40P01", True), ("23514", False)):
        with pytest.raises(DatabaseError) as broken, unit_of_work():
            execute(f"DO $$ BEGIN RAISE 'no' USING ERRCODE = '{state}'; END $$")
        assert met_another(broken.value) is is_one


class Rung(Event):
    code: ClassVar[str] = "test.bell.rung"
    bell_id: int = 1


def test_a_follower_that_met_another_takes_its_batch_again(
    crossing: Crossing, fresh_database: Clone
) -> None:
    """It is never set aside as wrong: nothing is wrong with what it was told."""
    sits, other_waits = threading.Event(), threading.Event()

    def follow(batch: list[journal.Announced]) -> None:
        take(1)
        sits.set()
        assert other_waits.wait(PATIENCE_S)
        take(2)

    before = journal.subscribers()
    bell = journal.Subscriber(name="bell", codes=frozenset({Rung.code}), handle=follow)
    journal.subscribe([bell])
    try:
        pump(bell)
        with unit_of_work():
            journal.announce(Rung())
        with ThreadPoolExecutor(2) as threads, psycopg.connect(fresh_database.admin_url) as other:
            other.execute("SET deadlock_timeout = '1h'")  # so that the follower looks first
            other.execute(_TAKE, [2])
            pumped = threads.submit(pump, bell)
            assert sits.wait(PATIENCE_S)
            crossed = threads.submit(other.execute, _TAKE, [1])
            wait_until(lambda: scalar(_WAIT), what="the other one waits for the first seat")
            other_waits.set()
            with pytest.raises(OperationalError):
                pumped.result()
            crossed.result()
        assert [it.stopped_at for it in journal.lag()] == [None]
        assert pump(bell) == 1
        assert taken() == [2, 2]
    finally:
        journal.subscribe(before)


_WAIT = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def pump(subscriber: journal.Subscriber) -> int:
    try:
        return journal.pump_once(subscriber)
    finally:
        connection.close()
