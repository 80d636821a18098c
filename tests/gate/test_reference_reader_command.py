"""The reference reader as a command: what is missing is said, and it ends with its exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "clients" / "reader" / "src"
CITY_KEY = "k1:" + "0a" * 32


def run(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command against a gate that isn't there."""
    given = ["--gate", "http://127.0.0.1:9", "--code", "R-1", "--journal", str(place / "reader.db")]
    return subprocess.run(
        [sys.executable, "-m", "citycard_reader", *given, *words],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "key.txt"
    path.write_text("secret\n")
    return str(path)


def carrying(place: Path, *, service: str = "sports-visit", city_key: str = CITY_KEY) -> list[str]:
    return ["--snapshot", str(place / "s.db"), "--service", service, "--city-key", city_key]


def test_without_a_key_file_it_says_so(tmp_path: Path) -> None:
    done = run(tmp_path, "--key-file", str(tmp_path / "none.txt"), "upload")
    assert (done.returncode, "there is no key file" in done.stderr) == (2, True)


@pytest.mark.parametrize("city_key", ["", "k1", "k1:xyz", "k1:0a0a", ":" + "0a" * 32])
def test_a_city_key_that_is_none_is_refused_before_anything_is_sent(
    tmp_path: Path, key_file: str, city_key: str
) -> None:
    done = run(tmp_path, "--key-file", key_file, *carrying(tmp_path, city_key=city_key), "poll")
    assert (done.returncode, "--city-key" in done.stderr) == (2, True)


def test_a_poll_needs_somewhere_to_keep_what_it_carries(tmp_path: Path, key_file: str) -> None:
    done = run(tmp_path, "--key-file", key_file, "poll")
    assert (done.returncode, "poll needs --snapshot" in done.stderr) == (2, True)


def test_away_without_a_snapshot_a_tap_is_answered_alone_and_waits(
    tmp_path: Path, key_file: str
) -> None:
    told = run(tmp_path, "--key-file", key_file, *carrying(tmp_path), "tap", "1234567890123452")
    assert (told.returncode, told.stdout) == (0, "no_snapshot, 0 points, alone by version 0\n")
    later = run(tmp_path, "--key-file", key_file, "upload")
    assert (later.returncode, later.stderr.startswith("waits:")) == (1, True)
