"""A city that runs for real: `citycard up` on free loopback ports, with its own database clone.

Its demo is built once in each run of the tests; every city of that code begins as a copy of it.

Doors, gate, worker and kiosk agent are the processes that an operator gets; a test reaches them
over HTTP only, and what stands outside the city (registers, printer, card company, mail) through
the demo's own books.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citycard.infra import leash
from tests.harness.databases import Clone, Databases
from tests.harness.patience import PATIENCE_S, wait_until
from tests.harness.visiting import Visitor

RESIDENTS = 300
DELAY = "0.05"


@dataclass(frozen=True, kw_only=True)
class Device:
    """A reader or kiosk of the demo: its code and the key that was shown once."""

    code: str
    key: str
    kind: str
    place: str

    @property
    def headers(self) -> dict[str, str]:
        """Return how the device says who it is."""
        return {"Authorization": f"Reader {self.code}:{self.key}"}


@dataclass(frozen=True, kw_only=True)
class LiveCity:
    """A running city.

    :ivar directory: where its state lies, with `log/` and `outside/` in it
    :ivar closing: what else is to be closed at the end
    """

    code: str
    port: int
    directory: Path
    database: Clone
    environment: dict[str, str]
    visitors: list[Visitor] = field(default_factory=list)
    closing: list[Callable[[], object]] = field(default_factory=list)

    @property
    def doors(self) -> str:
        """The address of the doors."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def gate(self) -> str:
        """The address of the readers' gate."""
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def kiosk(self) -> str:
        """The address of the kiosk agent's screen."""
        return f"http://127.0.0.1:{self.port + 2}"

    def visitor(self, *, language: str = "zh-hant") -> Visitor:
        """Return a browser of nobody in particular."""
        self.visitors.append(Visitor(self.doors, language=language))
        return self.visitors[-1]

    def persona(self, code: str, **settings: str) -> Visitor:
        """Return a browser in which a ready persona is signed in."""
        visitor = self.visitor(**settings)
        visitor.open("/sign-in/")
        visitor.send("/sign-in/persona/", {"code": code})
        return visitor

    def device(self, *, kind: str, holds: str = "") -> Device:
        """Return the demo's first device of a kind whose code has `holds` in it."""
        known = json.loads((self.directory / "keys" / "demo-devices.json").read_text())
        return next(
            Device(code=code, key=it["key"], kind=it["kind"], place=it["place"])
            for code, it in sorted(known.items())
            if it["kind"] == kind and holds.upper() in code
        )

    def enter_people(self, entries: Sequence[Any], statuses: Sequence[Any] = ()) -> None:
        """Enter people in the demo registers."""
        desk = self._registers()
        desk.enter_people(entries)
        desk.enter_statuses(statuses)

    def switch_register(self, register: str, state: str) -> None:
        """Set a demo register up, down or hanging."""
        self._registers().switch(register, state)

    def printed(self) -> dict[str, Path]:
        """Return the demo printer's PDFs, by the key of the order."""
        return {it.stem: it for it in (self.directory / "outside" / "printed").glob("*/*.pdf")}

    def registered_names(self) -> int:
        """Return how many names the demo card company holds."""
        from citycard.adapters.card_company.demo import DemoCardCompany
        from citycard.adapters.printer.switches import Switches

        outside = self.directory / "outside"
        switches = Switches(outside / "switches.json")
        return DemoCardCompany(outside / "card_company.sqlite", switches).count()

    def sql(self, statement: str, params: Any = None) -> list[Any]:
        """Look into the database as its owner."""
        return self.database.owner_sql(statement, params)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `citycard` beside the running city."""
        return subprocess.run(
            [sys.executable, "-m", "citycard.config.command", *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )

    def logs(self) -> dict[str, str]:
        """Return what each process wrote to its log."""
        return {
            it.stem: it.read_text(errors="replace")
            for it in sorted((self.directory / "log").glob("*.log"))
        }

    def _registers(self) -> Any:
        from citycard.adapters.demo_registers.book import Book
        from citycard.adapters.demo_registers.rehearsing import DemoRegisterDesk

        return DemoRegisterDesk(Book(self.directory / "outside" / "registers.sqlite"))


@dataclass(frozen=True, kw_only=True)
class BuiltCity:
    """A demo city that was built and has been up once: what others begin as copies of."""

    database: Clone
    state: Path


@contextmanager
def built(code: str, *, databases: Databases, root: Path) -> Iterator[BuiltCity]:
    """Build the demo city `code`, as its first `citycard up` does, and keep it for a while.

    :param root: the directory for its state; removed at the end, logs are kept beside it
    """
    with databases.clone() as clone:
        try:
            with _up(code, database=clone, root=root):
                pass
            yield BuiltCity(database=clone, state=root)
        finally:
            shutil.rmtree(root, ignore_errors=True)


@contextmanager
def live(
    code: str, *, database: Clone, root: Path, begins_as: BuiltCity | None = None
) -> Iterator[LiveCity]:
    """Run the city `code` on `database` until the caller is done.

    :param root: the directory for its state; removed at the end, logs are kept beside it
    :param begins_as: the built city that `database` is a clone of; None: it builds a demo anew
    """
    if begins_as is not None:
        shutil.copytree(begins_as.state, root, symlinks=True)
    try:
        with _up(code, database=database, root=root) as city:
            yield city
            _kill(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _up(code: str, *, database: Clone, root: Path) -> Iterator[LiveCity]:
    port = five_free_ports()
    city = LiveCity(
        code=code,
        port=port,
        directory=root / code,
        database=database,
        environment=_environment(code, database, root),
    )
    process = _start(city)
    try:
        _wait_until_ready(process, city.directory / "up.log")
        yield city
    finally:
        for close in [*city.closing, *(visitor.client.close for visitor in city.visitors)]:
            close()
        _stop(process)
        _keep_logs(city, root)
        left = _family(root)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left, f"processes outlived the city: {left}"


def five_free_ports() -> int:
    """Return a port after which four more are free; each process begins to look elsewhere."""
    for port in range(19000 + os.getpid() % 1000 * 10, 30000, 10):
        probes = [socket.socket() for _ in range(5)]
        try:
            for offset, probe in enumerate(probes):
                probe.bind(("127.0.0.1", port + offset))
        except OSError:
            continue
        else:
            return port
        finally:
            for probe in probes:
                probe.close()
    raise AssertionError("no five ports are free")


def _environment(code: str, database: Clone, root: Path) -> dict[str, str]:
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CITYCARD_", "DATABASE_", "MIGRATE_", "DJANGO_"))
    }
    return plain | {
        "CITYCARD_CITY": code,
        "CITYCARD_STATE": str(root),
        "CITYCARD_KEYS": os.environ["CITYCARD_KEYS"],  # the tests fill the registers' books
        "CITYCARD_DEMO_DELAY": DELAY,
        "DATABASE_URL": database.app_url,
        "MIGRATE_DATABASE_URL": database.owner_url,
    }


def _start(city: LiveCity) -> "subprocess.Popen[bytes]":
    city.directory.mkdir(parents=True, exist_ok=True)
    with (city.directory / "up.log").open("wb") as log:
        command = [sys.executable, "-m", "citycard.config.command", "up", "--demo"]
        command += ["--city", city.code, "--port", str(city.port), "--residents", str(RESIDENTS)]
        return subprocess.Popen(
            leash.on(command),  # tests that are killed leave no city behind
            env=city.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_ready(process: "subprocess.Popen[bytes]", said: Path) -> None:
    def ready() -> bool:
        text = said.read_text(errors="replace")
        assert process.poll() is None, f"it ended before it was ready:\n{text}"
        return "Ctrl-C stops it" in text

    wait_until(ready)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _kill(root: Path) -> None:
    """End it at once; that it stops when told to and leaves nothing is seen where it was built."""
    for pid in _family(root):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not _family(root), what="what ran for the city to be gone")


def _keep_logs(city: LiveCity, root: Path) -> None:
    kept = root.parent / "logs" / root.name
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for log in [*(city.directory / "log").glob("*.log"), city.directory / "up.log"]:
        shutil.copy(log, kept)


def _family(root: Path) -> set[int]:
    """Return the pids of everything that runs for this state directory."""
    found = set()
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit() and int(directory.name) != os.getpid():
            try:
                environment = (directory / "environ").read_bytes()
            except OSError:
                continue
            if f"CITYCARD_STATE={root}\0".encode() in environment:
                found.add(int(directory.name))
    return found
