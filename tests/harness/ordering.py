"""In which order xdist's workers take the files: those that last longest first, so that no worker
sits idle at the end while another has just begun with the longest.

`pytest … --weigh` writes down how long each file lasted (`weights.json` beside this file).
"""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

WEIGHTS = Path(__file__).with_name("weights.json")
WORTH_WRITING_S = 3.0
UNKNOWN_SLOW_S = 20.0
"""What a file is taken to last that nobody has weighed and that has slow tests in it."""


def in_order(items: Iterable[pytest.Item], *, workers: int) -> list[pytest.Item]:
    """Return the tests file by file, the longest file first.

    Each worker is given two files at the start. The second ones are the lightest, so that the
    longest file of all never holds up another.
    """
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(_file(item.nodeid), []).append(item)
    weights = _weights()
    ordered = sorted(files, key=lambda name: (-_weight(weights, name, files[name]), name))
    first, rest = ordered[:workers], ordered[workers:]
    light = rest[len(rest) - workers :] if len(rest) > workers else []
    middle = rest[: len(rest) - len(light)]
    return [item for name in (*first, *light, *middle) for item in files[name]]


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
