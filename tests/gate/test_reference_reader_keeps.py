"""Whatever the gate answers, a tap that the city did not take is still in the reference reader."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from citycard.portals.gate import wire
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.readers import Reader as GateReader
from citycard_reader import Journal, Misread, Offline, Reader, Refused, Unreachable
from citycard_reader.documents import joined
from citycard_reader.numbers import check
from citycard_reader.reader import LARGEST_BODY, said
from citycard_reader.transport import Reply
from tests.gate.scripted import Scripted, Told, accepted, problem
from tests.offline.signing import CITY_KEY, SERVICE, base

AT = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NUMBER = "1234567890123452"
RIDE = {"leg": "whole", "operator": "ty-bus", "charged_ntd": 15}
SALE = {"price_ntd": 90}


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> dt.datetime:
        return self.at


def reader(gate: Scripted, journal: Journal, **more: Any) -> Reader:
    return Reader(
        **{"gate": "", "code": "R-1", "key": "k", "transport": gate, "now": lambda: AT} | more,
        journal=journal,
    )


def noted(count: int) -> Journal:
    journal = Journal(":memory:")
    for _ in range(count):
        journal.note(NUMBER, epoch=1, at=AT, ride=RIDE, sale=SALE)
    return journal


def revoked(_tap: Told) -> Told:
    return {"code": "reader_revoked", "points": 0}


def test_taps_of_a_reader_that_is_out_of_service_wait_whole() -> None:
    gate, journal = Scripted(), noted(3)
    before = journal.waiting()
    gate.answer = revoked
    with pytest.raises(Refused) as refused:
        reader(gate, journal).upload()
    assert (refused.value.status, refused.value.code) == (403, "reader_revoked")
    with pytest.raises(Refused):
        reader(gate, journal).tap(NUMBER, ride=RIDE)
    assert journal.waiting()[:3] == before
    assert journal.backlog() == 4
    gate.answer = accepted  # it was a mistake, or it has its new key now
    assert reader(gate, journal).upload() == 4


def test_a_revocation_in_the_middle_of_a_batch_leaves_what_came_before_it() -> None:
    gate, journal = Scripted(), noted(4)
    gate.answer = lambda tap: (accepted if tap["seq"] < 3 else revoked)(tap)
    with pytest.raises(Refused):
        reader(gate, journal).upload()
    assert [tap.seq for tap in journal.waiting()] == [3, 4]


def test_a_reader_whose_key_is_of_an_earlier_epoch_is_told_so_and_keeps_its_taps() -> None:
    key_of_one = GateReader(1, "R-1", "a", "s", "easycard", "printed", True, b"", epoch=1)

    def answer(tap: Told) -> Told:
        [read], _ = wire.read_taps(json.dumps(tap).encode(), key_of_one)
        return wire.not_taken(read) if isinstance(read, wire.NotTaken) else accepted(tap)

    gate, journal = Scripted(), noted(2)
    gate.answer = answer
    with pytest.raises(Refused, match="key is of epoch 1"):
        reader(gate, journal, epoch=2).tap(NUMBER, ride=RIDE, sale=SALE)
    with pytest.raises(Refused, match="key is of epoch 1"):
        reader(gate, journal, epoch=2).upload()
    assert [(tap.epoch, tap.number) for tap in journal.waiting()] == [(2, NUMBER)]


@pytest.mark.parametrize(
    "code", ["bad_ride", "bad_sale", "bad_tap", "conflict", "quarantined_time"]
)
def test_what_the_city_did_not_take_as_a_ride_or_sale_stays_whole(code: str) -> None:
    gate, journal = Scripted(), noted(2)
    before = journal.waiting()
    gate.answer = lambda tap: accepted(tap) | ({"code": code} if tap["seq"] == 1 else {})
    assert reader(gate, journal).upload() == 2
    [(kept, answer)] = journal.to_mend()
    assert (kept, json.loads(answer)["code"]) == (before[0], code)
    assert journal.waiting() == []


@pytest.mark.parametrize(
    "number",
    ["", "\x00", "12\n34", "1" * 161, "\ud800", "1" * 160, "卡 1"],
    ids=["none", "control", "line", "long", "half", "longest", "letters"],
)
def test_a_number_that_the_gate_cannot_read_is_never_noted(number: str) -> None:
    gate, journal = Scripted(), Journal(":memory:")
    given = GateReader(1, "R-1", "a", "s", "easycard", "printed", True, b"")
    try:
        wire.read_numbers(json.dumps({"number": number}).encode(), given)
    except GateProblem:
        with pytest.raises(Misread):
            check(number)
        with pytest.raises(Misread):
            reader(gate, journal).tap(number)
        with pytest.raises(Misread):
            journal.note(number, epoch=1, at=AT)
        assert (journal.backlog(), gate.heard) == (0, [])
    else:
        assert reader(gate, journal).tap(number) is not None


@pytest.mark.parametrize("status", [413, 422])
def test_a_tap_that_refuses_its_request_is_set_aside_and_the_others_go(status: int) -> None:
    gate, journal = Scripted(), noted(600)
    odd = {7, 333, 334, 599}
    gate.instead = lambda _path, taps: (
        problem(status, "bad_field") if odd & {tap["seq"] for tap in taps} else None
    )
    assert reader(gate, journal).upload() == 596
    assert journal.waiting() == []
    kept = journal.to_mend()
    assert {tap.seq for tap, _ in kept} == odd
    assert all(tap.number == NUMBER and tap.ride and tap.sale for tap, _ in kept)
    assert json.loads(kept[0][1]) == {"code": "bad_field", "detail": "because bad_field"}
    assert len(gate.heard) < 100, "halved, not sent one by one"


def test_what_is_too_large_together_goes_in_parts() -> None:
    gate, journal = Scripted(), Journal(":memory:")
    for _ in range(500):
        journal.note(NUMBER, epoch=1, at=AT, ride=RIDE | {"route": "桃園客運" * 40})
    journal.note(NUMBER, epoch=1, at=AT, ride=RIDE | {"route": "x" * LARGEST_BODY})
    assert reader(gate, journal).upload() == 500
    assert [tap.seq for tap, _ in journal.to_mend()] == [501]
    for _, taps in gate.heard:
        assert len(json.dumps({"taps": taps}).encode()) <= LARGEST_BODY


@pytest.mark.parametrize("status", [400, 401, 403])
def test_what_is_no_tap_s_fault_sets_nothing_aside(status: int) -> None:
    gate, journal = Scripted(), noted(2)
    gate.instead = lambda _path, _taps: problem(status, "whatever")
    with pytest.raises(Refused):
        reader(gate, journal).upload()
    assert len(journal.waiting()) == 2


@pytest.mark.parametrize("status", [408, 429, 503])
def test_what_may_be_sent_again_waits_as_long_as_it_is_told(status: int) -> None:
    gate, journal = Scripted(), noted(2)
    gate.instead = lambda _path, _taps: problem(status, "busy", **{"retry-after": "7"})
    with pytest.raises(Unreachable) as away:
        reader(gate, journal).upload()
    assert (away.value.retry_after_s, len(journal.waiting())) == (7, 2)


@pytest.mark.parametrize(
    "body", [b"<html>", b"{}", b"[]", b"null", b'{"answers": []}', b"[" * 9999]
)
def test_what_somebody_else_answers_is_no_answer(body: bytes) -> None:
    gate, journal = Scripted(), noted(2)
    gate.instead = lambda _path, _taps: Reply(200, {}, body)
    with pytest.raises(Unreachable):
        reader(gate, journal).upload()
    assert reader(gate, journal).tap(NUMBER) is None
    assert journal.backlog() == 3


@pytest.mark.parametrize(
    "reply",
    [
        problem(401, "unknown_reader"),
        problem(403, "firmware_too_old"),
        problem(404, "no_snapshot"),
        problem(422, "bad_field"),
        Reply(200, {}, b"no document"),
    ],
)
def test_a_city_that_answers_a_poll_is_there_whatever_it_answers(reply: Reply) -> None:
    gate, journal, clock = Scripted(), Journal(":memory:"), Clock()
    offline = Offline(":memory:", service=SERVICE, key=CITY_KEY, now=clock)
    made = reader(gate, journal, offline=offline, now=clock)
    gate.is_up = False
    assert made.tap(NUMBER).offline.code == "no_snapshot"
    gate.is_up = True
    gate.instead = lambda path, _taps: None if path == "/taps" else reply
    clock.at += dt.timedelta(seconds=2)
    assert made.tap(NUMBER).offline is None
    assert gate.paths == ["/snapshot", "/taps"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_tap_after_a_blip_is_in_the_journal_before_the_reader_is_refused(status: int) -> None:
    gate, journal, clock = Scripted(), Journal(":memory:"), Clock()
    offline = Offline(":memory:", service=SERVICE, key=CITY_KEY, now=clock)
    made = reader(gate, journal, offline=offline, now=clock)
    gate.is_up = False
    made.tap(NUMBER)
    gate.is_up = True
    gate.instead = lambda _path, _taps: problem(status, "whatever")
    clock.at += dt.timedelta(seconds=2)
    with pytest.raises(Refused):
        made.tap(NUMBER, ride=RIDE)
    assert [tap.ride for tap in journal.waiting()] == [None, json.dumps(RIDE)]


@pytest.mark.parametrize("status", [429, 503])
def test_a_city_that_asks_to_be_left_alone_is_away(status: int) -> None:
    gate, journal, clock = Scripted(), Journal(":memory:"), Clock()
    offline = Offline(":memory:", service=SERVICE, key=CITY_KEY, now=clock)
    made = reader(gate, journal, offline=offline, now=clock)
    gate.instead = lambda _path, _taps: problem(status, "busy", **{"retry-after": "30"})
    assert made.tap(NUMBER) is None
    for seconds in (1, 29, 31):
        clock.at = AT + dt.timedelta(seconds=seconds)
        assert made.tap(NUMBER).offline is not None
    assert gate.paths == ["/taps", "/snapshot"]


def carrying(path: Path | str) -> Offline:
    offline = Offline(path, service=SERVICE, key=CITY_KEY, now=lambda: AT)
    if not offline.version:
        offline.take(joined([base([NUMBER], at=AT)]))
    return offline


def alone(offline: Offline) -> str:
    return offline.decide(NUMBER, issuer="easycard", kind="printed", at=AT).code


def conflict(tap: Told) -> Told:
    return accepted(tap) | {"code": "conflict"}


def test_a_reader_that_lost_its_memory_stays_stopped_until_it_has_a_new_key(
    tmp_path: Path,
) -> None:
    gate, offline = Scripted(), carrying(tmp_path / "snapshot.db")
    gate.answer = conflict
    assert alone(offline) == "accepted"
    reader(gate, noted(1), offline=offline, epoch=1).upload()
    assert (bool(offline.stopped), alone(offline)) == (True, "no_snapshot")
    offline.close()
    again = carrying(tmp_path / "snapshot.db")
    reader(gate, noted(0), offline=again, epoch=1)  # the power came back, or a command ran anew
    assert (bool(again.stopped), alone(again)) == (True, "no_snapshot")
    reader(gate, noted(0), offline=again, epoch=2)
    assert (again.stopped, alone(again)) == ("", "accepted")
    again.close()
    assert carrying(tmp_path / "snapshot.db").stopped == ""


def test_a_conflict_of_an_epoch_that_is_over_stops_nobody() -> None:
    gate, offline = Scripted(), carrying(":memory:")
    gate.answer = conflict
    reader(gate, noted(1), offline=offline, epoch=2).upload()
    assert offline.stopped == ""


def test_a_power_cut_between_a_conflict_and_the_stop_forgets_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop is on disk before the conflicting tap counts as answered."""
    gate, journal, offline = Scripted(), noted(1), carrying(tmp_path / "snapshot.db")
    gate.answer = conflict

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as power:
        power.setattr(journal, "answered", cut)
        with pytest.raises(KeyboardInterrupt):
            reader(gate, journal, offline=offline).upload()
    assert len(journal.waiting()) == 1
    assert carrying(tmp_path / "snapshot.db").stopped


def test_what_is_sent_again_is_what_was_noted() -> None:
    gate, journal = Scripted(), noted(1)
    gate.answer = revoked
    with pytest.raises(Refused):
        reader(gate, journal).upload()
    gate.answer = accepted
    before = [said(tap) for tap in journal.waiting()]
    reader(gate, journal).upload()
    assert [taps for _, taps in gate.heard] == [before, before]
