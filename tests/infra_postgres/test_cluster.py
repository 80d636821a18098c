"""The supervisor: made once, shared, stopped by the last; whatever is killed, the data stays."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from citycard.infra.postgres import binaries, roles
from citycard.infra.postgres.account import server_account
from citycard.infra.postgres.cluster import Cluster, locale_options
from citycard.infra.postgres.others import command_of
from citycard.infra.postgres.place import (
    LONGEST_SOCKET_PATH,
    SOCKET_NAME,
    Place,
    make_directory,
    state_root,
)
from tests.harness.patience import wait_until


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A place for servers of this module, where the server's account can reach it."""
    found = Place(root=state_root() / f"try-{os.getpid()}", city="somewhere")
    yield found
    Cluster(found)._stop(signal.SIGINT)
    shutil.rmtree(found.root)


@pytest.fixture
def cluster(place: Place) -> Iterator[Cluster]:
    with Cluster(place, durable=False).running() as running:
        yield running


def ask(url: str, statement: str, *params: object) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement.encode(), params or None)
        return done.fetchall() if done.description else []


def test_listens_on_its_socket_only(cluster: Cluster) -> None:
    assert ask(cluster.app_url(), "SHOW listen_addresses") == [("",)]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect("postgresql://citycard_app@127.0.0.1:5432/citycard", connect_timeout=5)


def test_a_wrong_password_does_not_open_it(cluster: Cluster) -> None:
    wrong = roles.url(roles.APP_ROLE, "guessed", roles.DATABASE, cluster.place.run)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_the_application_role_uses_tables_and_owns_none(cluster: Cluster) -> None:
    roles.prepare_database(cluster.owner_url())
    ask(cluster.owner_url(), "CREATE TABLE IF NOT EXISTS t (id bigserial PRIMARY KEY, v text)")
    ask(cluster.owner_url(), "CREATE OR REPLACE VIEW pub.v AS SELECT id FROM t")
    ask(cluster.app_url(), "INSERT INTO t (v) VALUES ('x')")
    assert ask(cluster.app_url(), "SELECT count(*) > 0 FROM pub.v") == [(True,)]
    for forbidden in ("CREATE TABLE u ()", "TRUNCATE t", "DROP TABLE t", "DELETE FROM pub.v"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(cluster.app_url(), forbidden)


def test_the_log_holds_no_parameter_statement_or_row(cluster: Cluster) -> None:
    ask(cluster.owner_url(), "CREATE TABLE IF NOT EXISTS secrets (v text UNIQUE)")
    ask(cluster.app_url(), "INSERT INTO secrets VALUES (%s) ON CONFLICT DO NOTHING", "A123456789")
    with pytest.raises(psycopg.errors.UniqueViolation):
        ask(cluster.app_url(), "INSERT INTO secrets VALUES (%s)", "A123456789")
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        ask(cluster.app_url(), "SELECT %s::text::int", "A987654321")
    logged = "".join(path.read_text() for path in (cluster.place.data / "log").iterdir())
    assert "database system is ready" in logged, "what the server did is there"
    assert "A123456789" not in logged
    assert "A987654321" not in logged, "a cast's message quotes its input"
    assert "INSERT INTO" not in logged


def test_passwords_and_keys_are_ours_alone(cluster: Cluster) -> None:
    assert cluster.place.passwords.stat().st_mode & 0o077 == 0
    assert cluster.place.keys.stat().st_mode & 0o077 == 0
    assert cluster.place.data.stat().st_mode & 0o077 == 0


def test_a_second_start_attaches_and_the_last_stops_it(place: Place) -> None:
    first, second = Cluster(place, durable=False), Cluster(place, durable=False)
    first.start()
    pid = first.pid()
    second.start()
    assert second.pid() == pid
    first.leave()
    assert second.pid() == pid
    second.leave()
    assert second.pid() is None


def test_a_killed_server_comes_back_with_its_data(place: Place) -> None:
    cluster = Cluster(place)
    with cluster.running():
        ask(cluster.owner_url(), "CREATE TABLE IF NOT EXISTS kept (id int)")
        ask(cluster.owner_url(), "INSERT INTO kept VALUES (7)")
        cluster.kill()
        assert cluster.pid() is None
        cluster.start()
        assert (7,) in ask(cluster.owner_url(), "SELECT id FROM kept")


def test_a_pid_file_that_names_another_process_is_forgotten(place: Place) -> None:
    cluster = Cluster(place)
    with cluster.running():
        kept = (place.data / "postmaster.pid").read_text()
        cluster.kill()
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        stale = kept.split("\n", 1)[1]
        (place.data / "postmaster.pid").write_text(f"{other.pid}\n{stale}")
        cluster.account.give(place.data / "postmaster.pid")
        with cluster.running():
            assert cluster.pid() not in {None, other.pid}
    finally:
        other.kill()
        other.wait()


def test_a_server_whose_users_were_killed_stops_by_itself(place: Place) -> None:
    program = (
        "import time; from pathlib import Path\n"
        "from citycard.infra.postgres.cluster import Cluster\n"
        "from citycard.infra.postgres.place import Place\n"
        f"Cluster(Place(root=Path({str(place.root)!r}), city='somewhere')).start()\n"
        "print('up', flush=True); time.sleep(600)"
    )
    user = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert user.stdout is not None
    with user.stdout as said:
        assert said.readline() == b"up\n"
        assert Cluster(place).pid() is not None
        user.kill()
    user.wait()
    wait_until(lambda: Cluster(place).pid() is None, what="it to end with all who used it")


def test_a_long_path_gets_a_short_socket() -> None:
    deep = Place(root=Path("/var") / ("x" * 90), city="somewhere")
    assert not deep.run.is_relative_to(deep.root)
    assert len(os.fsencode(deep.run / SOCKET_NAME)) <= LONGEST_SOCKET_PATH


def test_binaries_out_of_reach_are_copied_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_directory(place.root, mode=0o755)
    account = server_account()
    usual = binaries.find_binaries(root=place.root, account=account)
    monkeypatch.setattr(binaries, "_can_run", lambda directory, account: False)
    copied = binaries.find_binaries(root=place.root, account=account)
    assert copied.is_relative_to(place.root)
    monkeypatch.undo()
    assert binaries._can_run(copied, account)
    assert binaries.major_version(copied) == binaries.major_version(usual)


@pytest.mark.parametrize(
    ("major", "provider"), [(15, None), (16, None), (17, "builtin"), (18, "builtin")]
)
def test_the_builtin_locale_provider_is_used_where_there_is_one(
    major: int, provider: str | None
) -> None:
    wanted = f"--locale-provider={provider}"
    assert (wanted in locale_options(major)) == (provider is not None)


def test_a_process_that_ends_while_it_is_looked_at_has_no_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = subprocess.Popen(["sleep", "600"])
    wait_until(lambda: command_of(process.pid) == "sleep 600 ")

    def read_too_late(path: Path) -> bytes:
        with path.open("rb") as file:
            process.kill()
            process.wait()
            return file.read()

    monkeypatch.setattr(Path, "read_bytes", read_too_late)
    assert command_of(process.pid) is None
