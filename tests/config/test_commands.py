"""The subcommands' frames: help, exit codes that mean something, JSON alone on stdout."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from citycard.config import examining, guarding, instance, migrating, wiring
from citycard.config.command import app
from citycard.config.drilling import Measured, compare
from citycard.config.examining import Symptom
from citycard.infra.postgres.errors import PostgresProblem
from citycard.kernel.findings import Finding
from tools.reference import subcommands

RUN = CliRunner()


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands believe that an instance runs and stands at this schema."""

    @contextmanager
    def running(*_: object, **__: object) -> Iterator[Any]:
        yield SimpleNamespace(app_url=lambda: "")

    monkeypatch.setattr(instance, "running", running)
    monkeypatch.setattr(migrating, "is_current", lambda url: True)


def test_every_subcommand_helps() -> None:
    import typer

    for path, _ in subcommands(typer.main.get_command(app)):
        answer = RUN.invoke(app, [*path.split()[1:], "--help"])
        assert answer.exit_code == 0
        assert "Usage" in answer.output


def test_a_command_that_is_not_there_is_wrong_usage() -> None:
    assert RUN.invoke(app, ["nothing-of-the-kind"]).exit_code == 2


@pytest.mark.usefixtures("no_database")
class TestVerify:
    def test_clean_books_exit_with_0(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(wiring, "auditors", lambda: {"ledger": list})
        answer = RUN.invoke(app, ["verify", "--json"])
        assert answer.exit_code == 0
        assert json.loads(answer.stdout) == {"asked": ["ledger"], "findings": []}

    def test_a_finding_exits_with_1_and_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        wrong = Finding(check="ledger.balances", about="account 7", says="It holds 3, posted 4.")
        monkeypatch.setattr(wiring, "auditors", lambda: {"ledger": lambda: [wrong]})
        answer = RUN.invoke(app, ["verify"])
        assert answer.exit_code == 1
        assert "ledger.balances: It holds 3, posted 4. (account 7)" in answer.output

    def test_another_versions_schema_is_said_and_not_examined(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(migrating, "is_current", lambda url: False)
        answer = RUN.invoke(app, ["verify"])
        assert answer.exit_code == 3
        assert "citycard migrate" in answer.output


@pytest.mark.usefixtures("no_database")
class TestDoctor:
    def test_warnings_alone_exit_with_0(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = [Symptom(name="disk", state="warn", says="4 GB free")]
        monkeypatch.setattr(examining, "examine", lambda: seen)
        assert RUN.invoke(app, ["doctor"]).exit_code == 0

    def test_a_failure_exits_with_1(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = [Symptom(name="disk", state="fail", says="0 GB free")]
        monkeypatch.setattr(examining, "examine", lambda: seen)
        answer = RUN.invoke(app, ["doctor", "--json"])
        assert answer.exit_code == 1
        assert json.loads(answer.stdout)["checks"][0]["state"] == "fail"


def test_a_database_that_does_not_start_exits_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def running(*_: object, **__: object) -> Iterator[Any]:
        raise PostgresProblem("no PostgreSQL")
        yield

    monkeypatch.setattr(instance, "running", running)
    for name in ("verify", "doctor", "migrate"):
        assert RUN.invoke(app, [name]).exit_code == 3


@pytest.mark.parametrize("words", [["backup"], ["restore", "--to", "latest"], ["drill"]])
def test_a_server_of_the_operators_own_is_not_ours_to_copy(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///theirs")
    answer = RUN.invoke(app, words)
    assert answer.exit_code == 3
    assert "point-in-time recovery" in " ".join(answer.output.split())


class TestDrill:
    """What a drill says of two measurements; the journey holds a real one."""

    BEFORE = Measured(
        findings=[],
        trial_balance=[{"unit": "points", "account_class": "member", "amount": 30}],
        rows={"ledger_transfer": 4},
    )

    def test_equal_is_equal(self) -> None:
        assert all(it.equal for it in compare(self.BEFORE, self.BEFORE))

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            ({"findings": [{"check": "ledger.balances", "about": "7", "says": "off"}]}, "verify"),
            ({"trial_balance": []}, "trial balance, points"),
            ({"rows": {"ledger_transfer": 3}}, "rows"),
            ({"rows": {}}, "rows"),
        ],
    )
    def test_each_difference_is_named(self, change: dict[str, Any], what: str) -> None:
        compared = compare(self.BEFORE, replace(self.BEFORE, **change))
        assert [it.what for it in compared if not it.equal] == [what]


@pytest.mark.django_db
def test_a_fresh_database_is_well_but_for_months_ahead() -> None:
    states = {symptom.name: symptom.state for symptom in examining.examine()}
    assert states["database"] == "ok"
    assert states["schema"] == "ok"
    assert states["clock"] == "ok"
    assert states["keys"] == "ok"  # however old: there is nothing to do about it


@pytest.mark.parametrize(("proxies", "state"), [([], "warn"), (["127.0.0.1"], "ok")])
def test_a_city_behind_a_proxy_that_nobody_named_is_warned(
    settings: Any, monkeypatch: pytest.MonkeyPatch, proxies: list[str], state: str
) -> None:
    monkeypatch.setattr(guarding, "dangers", lambda _settings: [])
    settings.CITYCARD_DEMO = False
    settings.CITYCARD_PUBLIC_URL = "https://card.example.test"
    settings.CITYCARD_TRUSTED_PROXIES = proxies
    assert [it.state for it in examining.check_safety()] == [state]


@pytest.mark.django_db
def test_a_check_that_breaks_is_itself_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Symptom]:
        raise OSError

    broken.__name__ = "check_disk"
    monkeypatch.setattr(examining, "CHECKS", (broken,))
    (symptom,) = examining.examine()
    assert (symptom.name, symptom.state) == ("disk", "fail")
