"""The doctor's look at backups: a sentence for each thing that could keep us from restoring."""

import datetime as dt
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from citycard.config import examining_backups
from citycard.infra import clock
from citycard.infra.postgres.place import Place
from citycard.infra.postgres.shelf import Backup, Done, Shelf

NOW = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def place(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("DATABASE_URL")
    settings.CITYCARD_PLACE = Place(root=tmp_path, city="somewhere")
    settings.CITYCARD_DEMO = False
    (settings.CITYCARD_PLACE.data / "pg_wal" / "archive_status").mkdir(parents=True)
    return settings.CITYCARD_PLACE


def put(place: Place, ended_at: dt.datetime) -> Shelf:
    shelf = Shelf(directory=place.backups)
    name = f"{ended_at:%Y%m%dT%H%M%S}"
    with shelf.making(name) as making:
        facts: dict[str, Any] = {"postgres": 18, "system": 1, "timeline": 1, "start": 0, "end": 1}
        shelf.put(
            making,
            Backup(
                directory=shelf.directory / name,
                city="somewhere",
                began_at=ended_at,
                ended_at=ended_at,
                schema="",
                **facts,
            ),
        )
    return shelf


def look() -> dict[str, tuple[str, str]]:
    with clock.stopped_at(NOW):
        return {it.name: (it.state, it.says) for it in examining_backups.check_backup()}


def test_a_server_of_the_operators_own_has_backups_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///theirs")
    assert look()["backup"][0] == "ok"


def test_a_city_without_any_backup_is_ill_and_a_demo_is_not(place: Place, settings: Any) -> None:
    assert look()["backup"][0] == "fail"
    settings.CITYCARD_DEMO = True
    assert look()["backup"][0] == "ok"


@pytest.mark.parametrize(
    ("hours", "state"), [(1, "ok"), (26, "ok"), (27, "warn"), (72, "warn"), (73, "fail")]
)
def test_the_newest_backups_age_counts(place: Place, hours: int, state: str) -> None:
    put(place, NOW - dt.timedelta(days=30))
    put(place, NOW - dt.timedelta(hours=hours))
    assert look()["backup"][0] == state
    assert "any moment since 2026-10-22T09:00:00+00:00" in look()["backup"][1]


def test_segments_that_wait_are_counted(place: Place) -> None:
    put(place, NOW)
    assert look()["log archive"] == ("ok", "0 segments wait, 0 s at most")
    waiting = place.data / "pg_wal" / "archive_status" / "000000010000000000000007.ready"
    waiting.touch()
    late = (NOW - dt.timedelta(minutes=16)).timestamp()
    os.utime(waiting, (late, late))
    state, says = look()["log archive"]
    assert state == "fail"
    assert says.startswith("1 segments wait, 16 min at most")


def test_the_last_drill_is_told(place: Place) -> None:
    shelf = put(place, NOW)
    assert look()["drill"] == ("warn", "never held: citycard drill")
    shelf.note_drill(Done(at=NOW, to=NOW, backup="x", seconds=33.4))
    assert look()["drill"] == ("ok", "0 s ago: the copy was the city, after 33 s")
    shelf.note_drill(Done(at=NOW, to=NOW, backup="x", ok=False, says="rows differ"))
    assert look()["drill"] == ("fail", "0 s ago: rows differ")
    shelf.note_drill(Done(at=NOW - dt.timedelta(days=101), to=NOW, backup="x"))
    assert look()["drill"][0] == "warn"


@pytest.mark.parametrize(("times", "state"), [(4.0, "ok"), (2.0, "warn"), (0.5, "fail")])
def test_room_is_measured_in_backups(
    place: Place, monkeypatch: pytest.MonkeyPatch, times: float, state: str
) -> None:
    free = SimpleNamespace(free=int(1_000_000 * times))
    monkeypatch.setattr(examining_backups.shutil, "disk_usage", lambda _: free)
    assert examining_backups._room(put(place, NOW), 1_000_000).state == state
