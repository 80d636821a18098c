"""A test has one name, in every program that collects it and on every day.

xdist refuses to begin when its workers, whose hashes differ, name a test differently. What is the
same in both workers and yet of the moment is found here.
"""

import datetime as dt
import re
from pathlib import Path

import pytest

CONTROL = re.compile(r"(?<!\\)\\x(?:[01][0-9a-f]|7f)|[\x00-\x1f\x7f]")
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}|\bobject at\b")


def of_the_moment(nodeid: str, source: str, on: dt.date) -> str:
    """Return what is wrong with a test's name; nothing when it is as it will always be."""
    if CONTROL.search(nodeid):
        return "holds control bytes: give its parameters ids"
    if ADDRESS.search(nodeid):
        return "holds an address in memory"
    around = [(on + dt.timedelta(days=n)).isoformat() for n in (-1, 0, 1)]
    if any(day in nodeid and day not in source for day in around):
        return "holds the day on which it was collected"
    return ""


def test_every_test_has_the_same_name_everywhere(request: pytest.FixtureRequest) -> None:
    today, wrong = dt.datetime.now(dt.UTC).date(), {}
    for item in request.session.items:
        if "[" in item.nodeid and (why := of_the_moment(item.nodeid, _source(item.path), today)):
            wrong[item.nodeid] = why
    assert wrong == {}


_sources: dict[Path, str] = {}


def _source(path: Path) -> str:
    if path not in _sources:
        _sources[path] = path.read_text("utf-8")
    return _sources[path]


ON = dt.date(2026, 11, 21)


@pytest.mark.parametrize(
    ("nodeid", "is_fine"),
    [
        pytest.param(r"test_x.py::test_x[\x1f\x8b\x08]", False, id="gzip"),
        pytest.param("test_x.py::test_x[<Thing object at 0x7f2a10]", False, id="address"),
        pytest.param("test_x.py::test_x[2026-11-21]", False, id="today"),
        pytest.param("test_x.py::test_x[2026-11-20]", True, id="written so"),
        pytest.param(r"test_x.py::test_x[\u738b\xff]", True, id="other letters"),
    ],
)
def test_a_name_of_the_moment_is_found(nodeid: str, is_fine: bool) -> None:
    assert (of_the_moment(nodeid, '"2026-11-20"', ON) == "") is is_fine
