"""A city for measuring: a server of its own with everything durable on, residents made by faces."""

import contextlib
import datetime as dt
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from citycard.infra.postgres.cluster import Cluster
from citycard.infra.postgres.place import Place, state_root

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
SHOWN = (*DURABLE, "shared_buffers", "huge_pages_status", "server_version")


@dataclass(frozen=True, kw_only=True)
class BenchCity:
    """A migrated database on a server of its own."""

    cluster: Cluster
    environment: dict[str, str] = field(repr=False)

    def conditions(self) -> dict[str, str]:
        """Return what a reader of the figures must know of the server and the machine."""
        with psycopg.connect(self.cluster.owner_url()) as connection:
            shown = {name: _show(connection, name) for name in SHOWN}
        off = [name for name in DURABLE if shown[name] != "on"]
        assert not off, f"a figure needs {off} on"
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
        machine = f"{os.cpu_count()} cores, {memory} GB; load generators share them"
        return {"postgresql": ", ".join(f"{k}={v}" for k, v in shown.items()), "machine": machine}

    def owner_sql(self, statement: str, params: Any = None) -> list[Any]:
        """Run a statement as the tables' owner and commit."""
        with psycopg.connect(self.cluster.owner_url()) as connection:
            done = connection.execute(statement.encode(), params)
            return done.fetchall() if done.description else []

    def vacuum(self) -> None:
        """Leave the tables as they are when the server has come to look after them."""
        with psycopg.connect(self.cluster.owner_url(), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def owner_sql_alone(self, statement: str) -> None:
        """Run a statement that has no transaction around it, as the server's administrator."""
        with psycopg.connect(self.cluster.admin_url(), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextlib.contextmanager
def bench_city(*, city: str = "taipei") -> Iterator[BenchCity]:
    """Make a server, migrate it and connect Django to it; all is removed at the end."""
    place = Place(root=state_root(), city=f"bench-{os.getpid()}")
    cluster = Cluster(place)
    cluster.start()
    try:
        environment = {
            "DATABASE_URL": cluster.app_url(),
            "MIGRATE_DATABASE_URL": cluster.owner_url(),
            "CITYCARD_CITY": city,
            "CITYCARD_KEYS": str(place.keys / "keys.json"),
            "CITYCARD_DB_POOL": "8",
            "CITYCARD_LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "citycard.config.settings",
        }
        os.environ.update(environment)
        _set_up(cluster, place)
        yield BenchCity(cluster=cluster, environment=os.environ | environment)
    finally:
        cluster.leave()
        shutil.rmtree(place.directory, ignore_errors=True)


def _set_up(cluster: Cluster, place: Place) -> None:
    from citycard.config import migrating

    migrating.migrate(cluster.owner_url())
    import django

    from citycard.infra import crypto

    if not (place.keys / "keys.json").exists():
        crypto.make_keys(place.keys / "keys.json", made_at=dt.datetime.now(dt.UTC).isoformat())
    django.setup()


def _show(connection: psycopg.Connection[Any], name: str) -> str:
    row = connection.execute(f"SHOW {name}".encode()).fetchone()
    assert row is not None
    return str(row[0])


@contextlib.contextmanager
def serving(city: BenchCity, command_at: Callable[[int], list[str]], *, log: Path) -> Iterator[int]:
    """Run a program of the city on a free port for a while.

    :param command_at: how it is started at a port
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with log.open("ab") as out:
        process = subprocess.Popen(
            command_at(port),
            env=city.environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        _wait(process, port, log)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(log.read_text(errors="replace")[-3000:])
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"nothing answers at {port}: {log.read_text(errors='replace')[-3000:]}")
