"""In which order xdist's workers take the files: those that last longest first, so that no worker
sits idle at the end while another has just begun with the longest.

`pytest … --weigh` writes down how long each file lasted (`weights.json` beside this file).
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

LIVE = {
    "tests/browser/test_four_doors.py": "taipei",
    "tests/journeys/test_clearing.py": "taoyuan",
    "tests/journeys/test_rides.py": "taoyuan",
    "tests/journeys/test_school_gate.py": "taoyuan",
    "tests/journeys/test_taipei.py": "taipei",
    "tests/journeys/test_taoyuan.py": "taoyuan",
    "tests/journeys/test_time_bank.py": "taipei",
    "tests/privacy/test_nothing_in_clear.py": "taipei",
}
"""Files with a `live_city`: which. Those of one city go to one worker, which builds it once."""

WEIGHTS = Path(__file__).with_name("weights.json")
WORTH_WRITING_S = 3.0
UNKNOWN_SLOW_S = 20.0
"""What a file is taken to last that nobody has weighed and that has slow tests in it."""


def in_order(items: Iterable[pytest.Item], *, workers: int) -> list[pytest.Item]:
    """Return the tests file by file, the longest file (or group of files) first.

    Each worker is given two files at the start. The second ones are the lightest, so that the
    longest file of all never holds up another.
    """
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(_file(item.nodeid), []).append(item)
    weights = _weights()
    heavy: dict[str, float] = defaultdict(float)
    units: dict[str, list[pytest.Item]] = {}
    for name, its in sorted(files.items()):
        heavy[unit_of(name)] += _weight(weights, name, its)
        units.setdefault(unit_of(name), []).extend(its)
    ordered = sorted(units, key=lambda name: (-heavy[name], name))
    first, rest = ordered[:workers], ordered[workers:]
    light = rest[len(rest) - workers :] if len(rest) > workers else []
    middle = rest[: len(rest) - len(light)]
    return [item for name in (*first, *light, *middle) for item in units[name]]


def unit_of(nodeid: str) -> str:
    """Return what a test is given out with: its file, or all files of its running city."""
    file = _file(nodeid)
    return f"live in {LIVE[file]}" if file in LIVE else file


class Schedule(LoadFileScheduling):  # type: ignore[misc]
    """Gives out whole files, and those of one running city together."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


class Scales:
    """Adds up what each file's tests took, and writes it down at the end."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[_file(report.nodeid)] += report.duration

    def pytest_sessionfinish(self) -> None:
        known = _weights() | {name: round(s) for name, s in self.seconds.items()}
        worth = {
            name: s
            for name, s in sorted(known.items())
            if s >= WORTH_WRITING_S and Path(name).is_file()
        }
        WEIGHTS.write_text(json.dumps(worth, indent=0) + "\n", "utf-8")


def _weights() -> dict[str, float]:
    return json.loads(WEIGHTS.read_text("utf-8")) if WEIGHTS.is_file() else {}


def _weight(weights: dict[str, float], name: str, items: list[pytest.Item]) -> float:
    if name in weights:
        return weights[name]
    return UNKNOWN_SLOW_S if any(item.get_closest_marker("slow") for item in items) else 0.0


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
