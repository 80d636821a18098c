"""The longest files come first; each worker's second file is a light one."""

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.harness import ordering


def test_of(file: str, n: int, *marks: str) -> Any:
    return SimpleNamespace(
        nodeid=f"{file}::test_{n}", get_closest_marker=lambda name: name in marks or None
    )


test_of.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def weights(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"a.py": 5.0, "b.py": 300.0, "c.py": 40.0, "d.py": 90.0}
    monkeypatch.setattr(ordering, "_weights", lambda: known)


def test_long_files_come_first_and_no_test_is_lost() -> None:
    names = ("a.py", "b.py", "c.py", "d.py", "e.py", "f.py", "g.py")
    items = [test_of(name, n) for n in range(3) for name in names if name != "g.py"]
    items.append(test_of("g.py", 1, "slow"))  # nobody weighed it yet
    ordered = ordering.in_order(items, workers=2)
    assert sorted(map(id, ordered)) == sorted(map(id, items))
    files = list(dict.fromkeys(item.nodeid.partition("::")[0] for item in ordered))
    assert files == ["b.py", "d.py", "e.py", "f.py", "c.py", "g.py", "a.py"]
    assert [item.nodeid for item in ordered[:3]] == [f"b.py::test_{n}" for n in range(3)]


@pytest.mark.parametrize("workers", [1, 2, 4, 9])
def test_every_number_of_workers_gets_every_file_once(workers: int) -> None:
    items = [test_of(name, 0) for name in ("a.py", "b.py", "c.py", "d.py", "e.py")]
    ordered = ordering.in_order(items, workers=workers)
    assert sorted(map(id, ordered)) == sorted(map(id, items))
    assert ordered[0].nodeid == "b.py::test_0"


def test_the_files_of_a_running_city_are_given_out_together() -> None:
    live = [name for name, city in ordering.LIVE.items() if city == "taipei"]
    items = [test_of(name, n) for n in range(2) for name in ("a.py", *live, "e.py")]
    ordered = ordering.in_order(items, workers=1)
    assert sorted(map(id, ordered)) == sorted(map(id, items))
    units = itertools.groupby(ordering.unit_of(item.nodeid) for item in ordered)
    assert sorted(unit for unit, _ in units) == ["a.py", "e.py", "live in taipei"]


def test_every_file_with_a_running_city_is_known() -> None:
    assert [name for name in ordering.LIVE if not Path(name).is_file()] == []
