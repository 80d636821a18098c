"""`citycard history --recount`: what `citycard verify` finds wrong is counted anew by a command."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from citycard.config import instance, migrating
from citycard.config.command import app
from citycard.infra.database import execute
from citycard.insight import api as insight
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
    store(*(tap(member, at(1)) for member in range(40)))
    catch_up()


def test_a_wrong_figure_is_mended():
    execute("UPDATE insight_count SET n = n + 1 WHERE what = 'day_uses' AND agency = ''")
    assert insight.verify()
    answer = RUN.invoke(app, ["history", "--recount", "2016-03"])
    assert answer.exit_code == 0, answer.output
    assert "2016-03: 40 taps counted anew" in answer.output
    assert insight.verify() == []


@pytest.mark.parametrize("wanted", ["2016-04", "2016-3", "March", "2016-03-01"])
def test_a_month_without_figures_is_refused(wanted):
    answer = RUN.invoke(app, ["history", "--recount", wanted])
    assert answer.exit_code != 0
    assert "a month is written like 2026-10" in answer.output
