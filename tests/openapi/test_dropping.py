"""Files of systems that can do no more: whole or not at all, once, answered a line a row."""

import csv
import datetime as dt
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from citycard.agencies import api as agencies
from citycard.infra import clock, failpoints
from citycard.infra.database import scalar
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.portals.openapi import dropped_files, dropping
from citycard.portals.ops import watching, wrong
from tests.openapi.conftest import Person, System

Connect = Callable[..., System]


class Folder:
    """A system's folder."""

    def __init__(self, root: Path, code: str) -> None:
        self.root, self.place = root, root / code
        (self.place / "in").mkdir(parents=True)

    def drop(self, name: str, *lines: str, content: bytes | None = None, age_s: float = 60) -> Path:
        path = self.place / "in" / name
        path.write_bytes(content if content is not None else "\n".join(lines).encode())
        then = time.time() - age_s
        os.utime(path, (then, then))
        return path

    def take(self) -> None:
        dropping.take_files(clock.now())

    def answer(self, pattern: str) -> list[dict[str, str]]:
        (path,) = (self.place / "out").glob(pattern)
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def names(self, place: str) -> list[str]:
        folder = self.place / place
        return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def folder(tmp_path: Path, connect: Connect, settings: Any, reader: str) -> Folder:
    settings.CITYCARD_DROP_FILES = str(tmp_path)
    return Folder(tmp_path, connect("library").code)


@pytest.fixture(scope="module")
def reader(connect: Connect) -> str:
    with unit_of_work():
        agencies.enrol_devices(
            devices=[
                agencies.NewDevice(
                    code="LIB-9", kind="reader", agency="library", place="", service="activity"
                )
            ],
            actor=SYSTEM,
            now=clock.now() - dt.timedelta(days=2),
        )
    return "LIB-9"


def taps_of(*numbers: str, first: int = 1) -> list[str]:
    at = (clock.now() - dt.timedelta(minutes=9)).replace(microsecond=0).isoformat()
    head = "reader,epoch,seq,at,number"
    return [head, *(f"LIB-9,1,{first + n},{at},{number}" for n, number in enumerate(numbers))]


def stored() -> int:
    return int(scalar("SELECT count(*) FROM taps_tap"))


def test_taps_are_taken_and_answered_a_line_a_row(folder: Folder, adult: Person) -> None:
    before = stored()
    folder.drop("taps-monday.csv", *taps_of(adult.number, "0" * 16))
    folder.take()
    told = folder.answer("taps-monday.*.result.csv")
    assert [(one["row"], one["seq"], one["code"]) for one in told] == [
        ("2", "1", "accepted"),
        ("3", "2", "unknown_card"),
    ]
    assert stored() == before + 2
    assert folder.names("in") == []
    assert len(folder.names("done")) == 1


def test_the_same_content_again_is_answered_the_same_and_counted_once(
    folder: Folder, adult: Person
) -> None:
    lines = taps_of(adult.number, first=100)
    folder.drop("taps-1.csv", *lines)
    folder.take()
    before = stored()
    folder.drop("taps-2.csv", *lines)
    folder.take()
    assert stored() == before
    assert folder.answer("taps-1.*") == folder.answer("taps-2.*")


def test_a_bad_row_stops_the_file_and_says_where(folder: Folder, adult: Person) -> None:
    before = stored()
    lines = taps_of(adult.number, first=200)
    folder.drop("taps-bad.csv", *lines, "LIB-9,1,x,yesterday,1", "NO-SUCH,1,1,2026-11-21,1")
    folder.take()
    assert stored() == before
    told = folder.answer("taps-bad.*.refused.csv")
    assert [one["row"] for one in told] == ["3", "4"]
    assert len(folder.names("refused")) == 1


@pytest.mark.parametrize(
    ("row", "remedy"),
    [
        ("LIB-9,1,x,{at},1", "seq 請填 0 到 4611686018427387904 的整數。"),
        ("LIB-9,1," + "9" * 5000 + ",{at},1", "seq 請填 0 到 4611686018427387904 的整數。"),
        ("LIB-9,0,1,{at},1", "epoch 請填 1 到 2147483647 的整數。"),
        ("LIB-9,2,1,{at},1", "epoch 2 還沒有開始：請填這台設備目前的 epoch。"),
        ("LIB-9,1,1,yesterday,1", "at 請填帶時區的時間，例如 2026-11-21T08:30:00+08:00。"),
        ("LIB-9,1,1,{at}," + "1" * 161, "number 請填 1 到 160 個可見字元。"),
        ("NO-SUCH,1,1,{at},1", "本機關沒有這台設備"),
    ],
)
def test_what_to_do_of_a_row_is_said_in_chinese(folder: Folder, row: str, remedy: str) -> None:
    at = (clock.now() - dt.timedelta(minutes=9)).replace(microsecond=0).isoformat()
    folder.drop("taps-bad.csv", "reader,epoch,seq,at,number", row.format(at=at))
    folder.take()
    (told,) = folder.answer("taps-bad.*.refused.csv")
    assert told == {"row": "2", "remedy": remedy}


def test_a_file_that_breaks_us_is_put_aside_and_the_operator_sees_it(
    folder: Folder, adult: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.drop("taps-odd.csv", *taps_of(adult.number, first=700))
    rounds = []

    def break_down(**_: object) -> None:
        rounds.append(1)
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(dropping.tapping, "take", break_down)
        while "taps-odd.csv" in folder.names("in"):
            assert len(rounds) < 20
            folder.take()
    assert len(rounds) == dropping.MOST_BROKEN
    assert folder.names("in") == [], "nothing of ours stays there either"
    (told,) = folder.answer("taps-odd.*.refused.csv")
    assert "維運人員" in told["remedy"]
    (aside,) = folder.names("broken")
    shown = [one.title for one in wrong.problems(watching.look(clock.now()))]
    assert any("1 個機關投遞的檔案" in one for one in shown)
    os.rename(folder.place / "broken" / aside, folder.place / "in" / "taps-odd.csv")
    folder.take()
    assert folder.names("done"), "mended and moved back, it is taken"


def test_a_database_that_is_away_is_no_files_fault(
    folder: Folder, adult: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.drop("taps-later.csv", *taps_of(adult.number, first=800))

    def away(**_: object) -> None:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as broken:
        broken.setattr(dropping.tapping, "take", away)
        broken.setattr(dropping, "is_unreachable", lambda _: True)
        for _ in range(dropping.MOST_BROKEN + 1):
            folder.take()
    assert folder.names("in") == ["taps-later.csv"]
    folder.take()
    assert folder.names("done")


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("notes.csv", b"a,b\n1,2", "taps-"),
        ("taps-x.csv", b"", "空"),
        ("taps-x.csv", b"reader,epoch\nL,1", "欄位"),
        ("taps-x.csv", b"reader,epoch,seq,at,number\n", "5,000"),
        ("taps-x.csv", b"reader,epoch,seq,at,number,number\nL,1,1,2,3,4", "欄位"),
        ("taps-x.csv", b"x" * (4 * 1024 * 1024 + 1), "4 MB"),
        ("numbers-x.csv", b"card_number,agency_number\n1,\xff\xff\xff", "UTF-8"),
    ],
)
def test_a_file_that_is_none_is_moved_aside_with_a_sentence(
    folder: Folder, name: str, content: bytes, word: str
) -> None:
    folder.drop(name, content=content)
    folder.take()
    (told,) = folder.answer("*.refused.csv")
    assert word in told["remedy"]
    assert folder.names("in") == []


def test_what_is_not_complete_is_left_alone(folder: Folder, adult: Person) -> None:
    folder.drop("taps-new.csv", *taps_of(adult.number, first=300), age_s=0)
    folder.drop("taps-half.csv.part", *taps_of(adult.number, first=310))
    folder.drop(".taps-hidden.csv", *taps_of(adult.number, first=320))
    (folder.place / "in" / "taps-link.csv").symlink_to("/etc/passwd")
    folder.take()
    assert len(folder.names("in")) == 4
    assert folder.names("out") == []


def test_numbers_are_linked_whole_or_not_at_all(folder: Folder, senior: Person) -> None:
    head = "card_number,agency_number,status"
    folder.drop("numbers-1.csv", head, f"{senior.number},L600000066,", f"{'0' * 16},L600000067,")
    folder.take()
    (refused,) = folder.answer("numbers-1.*.refused.csv")
    assert refused["row"] == "3"
    assert refused["remedy"].startswith("no_member: 查無這張卡")
    folder.drop("numbers-2.csv", head, f"{senior.number},L600000066,suspended")
    folder.take()
    assert folder.answer("numbers-2.*.result.csv") == [{"row": "2", "code": "linked"}]
    folder.drop("numbers-3.csv", head, f"{senior.number},L600000066,suspended")
    folder.take()
    assert folder.answer("numbers-3.*.result.csv") == [{"row": "2", "code": "as_before"}]


def test_who_took_part(folder: Folder, adult: Person) -> None:
    folder.drop("earnings-1.csv", "reference,campaign,at,card_number", f"r1,nope,x,{adult.number}")
    folder.take()
    (told,) = folder.answer("earnings-1.*.refused.csv")
    assert told["remedy"].startswith("campaign")


def test_a_machine_that_dies_before_the_file_is_moved_takes_it_again_once(
    folder: Folder, adult: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.drop("taps-crash.csv", *taps_of(adult.number, first=400))

    def die(name: str) -> None:
        if name == "drops.before_settle":
            raise SystemExit(name)

    with monkeypatch.context() as dying:
        dying.setattr(failpoints, "reach", die)
        with pytest.raises(SystemExit):
            folder.take()
    before = stored()
    assert folder.names("in") == ["taps-crash.csv"]
    folder.take()
    assert stored() == before
    assert folder.answer("taps-crash.*.result.csv")[0]["code"] == "accepted"


def test_one_run_at_a_time(folder: Folder, adult: Person) -> None:
    folder.drop("taps-lock.csv", *taps_of(adult.number, first=500))
    with dropped_files.alone(folder.root) as held:
        assert held
        folder.take()
        assert folder.names("in") == ["taps-lock.csv"]
    folder.take()
    assert folder.names("in") == []


def test_another_agencys_readers_and_unknown_and_sandbox_systems(
    folder: Folder, connect: Connect, adult: Person
) -> None:
    before = stored()
    hospital = Folder(folder.root, connect("hospital").code)
    hospital.drop("taps-1.csv", *taps_of(adult.number, first=600))
    trial = Folder(folder.root, connect("library", sandbox=True).code)
    trial.drop("taps-1.csv", *taps_of(adult.number, first=610))
    stranger = Folder(folder.root, "NOBODY")
    stranger.drop("taps-1.csv", *taps_of(adult.number, first=620))
    folder.take()
    assert stored() == before
    assert hospital.names("refused")
    assert trial.names("refused")
    assert stranger.names("in") == ["taps-1.csv"]
    assert stranger.names("out") == []
