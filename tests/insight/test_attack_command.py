"""`citycard attack` in a city with figures: clean, its hiding broken, and tables that lie."""

import json
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from citycard.config import instance, migrating
from citycard.config.command import app
from citycard.insight import covering, keeping, publishing, simplex
from tests.insight.seen import at, store, tap
from tests.insight.test_following_taps import alone, catch_up, clean

__all__ = ["alone", "clean"]
RUN = CliRunner()

pytestmark = pytest.mark.usefixtures("city")


@pytest.fixture(autouse=True)
def figures(clean, monkeypatch):
    @contextmanager
    def running(*_, **__):
        yield SimpleNamespace(app_url=lambda: "")

    monkeypatch.setattr(instance, "running", running)
    monkeypatch.setattr(instance, "set_up_django", lambda: None)
    monkeypatch.setattr(migrating, "is_current", lambda url: True)
    store(
        *(tap(member, at(1)) for member in range(40)),
        *(tap(member, at(1), place="sports-xinyi") for member in range(30, 60)),
        *(tap(member, at(2), place="sports-wenshan") for member in range(4)),
    )
    catch_up()
    keeping.forget()
    yield
    keeping.forget()


def hides_what_is_small_alone(figures, *, least):
    small = frozenset(group for group, n in figures.people.items() if 0 < n < least)
    return covering.Covered(hidden=small, withheld=frozenset())


def test_what_is_published_is_said_to_stand():
    answer = RUN.invoke(app, ["attack"])
    assert answer.exit_code == 0
    assert "none of these can be bounded to fewer than 10 values." in answer.output


def test_a_broken_hiding_is_found_and_named(monkeypatch):
    monkeypatch.setattr(publishing, "cover", hides_what_is_small_alone)
    answer = RUN.invoke(app, ["attack"])
    assert answer.exit_code == 1
    assert "sports-wenshan: from 4 to 4" in answer.output
    found = json.loads(RUN.invoke(app, ["attack", "--json"]).stdout)
    assert found["least"] == 10
    assert {"least", "most", "cell"} == found["narrow"][0].keys()


def test_tables_that_cannot_all_be_true_are_said_to_be_so(monkeypatch):
    def contradicts(*_, **__):
        raise simplex.Contradiction

    monkeypatch.setattr("citycard.insight.auditing.attack", contradicts)
    answer = RUN.invoke(app, ["attack"])
    assert answer.exit_code == 1
    assert "contradict" in answer.output
