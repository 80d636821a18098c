"""What the city did not take is mended in the reference reader and sent again (MISSION E01)."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from citycard_reader import Journal, Misread, NotToMend, Reader
from tests.gate.scripted import Scripted, Told, accepted
from tests.gate.test_reference_reader_command import run

AT = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NUMBER = "1234567890123452"
RIDE = {"leg": "in", "operator": "ty-bus"}
FATES = {1: "bad_ride", 2: "conflict", 3: "bad_tap", 4: "quarantined_time", 5: "accepted"}


def told(tap: Told) -> Told:
    """Answer as the city does: it takes a ride that has no metres below zero."""
    code = FATES[tap["seq"]]
    if code == "bad_ride" and tap["ride"].get("metres", 0) >= 0:
        code = "accepted"
    return accepted(tap) | {"code": code, "detail": f"taps[0] is {code}"}


def uploaded(path: Path | str = ":memory:") -> tuple[Scripted, Journal, Reader]:
    gate, journal = Scripted(), Journal(path)
    gate.answer = told
    made = Reader(gate="", code="R-1", key="k", journal=journal, transport=gate, now=lambda: AT)
    for _ in FATES:
        journal.note(NUMBER, epoch=1, at=AT, ride=RIDE | {"metres": -5}, sale={"price_ntd": 20})
    assert made.upload() == 5
    return gate, journal, made


def lying(journal: Journal) -> dict[int, str]:
    return {tap.seq: json.loads(answer)["code"] for tap, answer in journal.to_mend()}


def test_a_mended_tap_is_sent_again_under_its_number_and_taken() -> None:
    gate, journal, reader = uploaded()
    assert lying(journal) == {1: "bad_ride", 2: "conflict", 3: "bad_tap", 4: "quarantined_time"}
    journal.mended(1, 1, ride=RIDE)
    assert [tap.seq for tap in journal.waiting()] == [1]
    assert reader.upload() == 1
    [sent] = gate.heard[-1][1]
    assert (sent["seq"], sent["at"], sent["ride"]) == (1, AT.isoformat(), RIDE)
    assert sent["sale"] == {"price_ntd": 20}, "what was not named is as it was noted"
    assert 1 not in lying(journal)


def test_what_refused_them_was_put_right_and_they_go_as_they_are() -> None:
    _, journal, reader = uploaded()
    journal.mended(1, 3)
    assert reader.upload() == 1
    assert lying(journal)[3] == "bad_tap", "the city still doesn't take it: it is not lost"


@pytest.mark.parametrize("seq", [2, 4, 5, 6])
def test_what_the_city_has_is_not_sent_again(seq: int) -> None:
    """A conflict and an impossible time are kept by the city; an answered tap is done."""
    _, journal, _ = uploaded()
    with pytest.raises(NotToMend):
        journal.mended(1, seq, ride=RIDE)
    assert journal.waiting() == []


def test_a_number_that_is_none_mends_nothing() -> None:
    _, journal, _ = uploaded()
    with pytest.raises(Misread):
        journal.mended(1, 3, number="")
    assert journal.waiting() == []


@pytest.fixture
def command(tmp_path: Path) -> Any:
    """Run the command ``mend`` on a journal in which taps lie."""
    _, journal, _ = uploaded(tmp_path / "reader.db")
    journal.close()
    key = tmp_path / "key.txt"
    key.write_text("secret\n")
    return lambda *words: run(tmp_path, "--key-file", str(key), "mend", *words)


def test_the_command_lists_what_lies_there_and_no_whole_number(command: Any) -> None:
    listed = command()
    assert (listed.returncode, NUMBER in listed.stdout) == (0, False)
    assert listed.stdout.splitlines()[0] == (
        f"1:1  {AT.isoformat()}  …3452  bad_ride  taps[0] is bad_ride"
    )
    assert len(listed.stdout.splitlines()) == 4


def test_the_command_lets_one_wait_again_or_all_that_may(command: Any, tmp_path: Path) -> None:
    done = command("1:1", "--ride", json.dumps(RIDE))
    assert (done.returncode, done.stdout) == (0, "1 wait again; upload sends them\n")
    assert command("all").stdout == "1 wait again; upload sends them\n"
    waiting = Journal(tmp_path / "reader.db").waiting()
    assert [(tap.seq, json.loads(tap.ride or "")) for tap in waiting] == [
        (1, RIDE),
        (3, RIDE | {"metres": -5}),
    ]


@pytest.mark.parametrize(
    "words", [["1:2"], ["1:9"], ["one"], ["all", "--ride", "{}"], ["1:1", "--ride", "x"]]
)
def test_the_command_says_what_it_can_not_mend(command: Any, words: list[str]) -> None:
    refused = command(*words)
    assert refused.returncode == 2
    assert refused.stderr
    assert len(command().stdout.splitlines()) == 4
