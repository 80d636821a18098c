"""A whole demo city: how long it takes to build and to start again, how its pages answer under an
open load, and whether a register that hangs is felt by anybody who does not wait for it."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console

from bench.measuring import visits
from bench.measuring.figures import Figure, Measured
from citycard.infra.postgres.place import state_root

RESIDENTS = 20_000
SESSIONS = 20
PAGES_A_SECOND = 10
WAITING = 50
_READY = re.compile(r"ready after ([\d.]+) s")
_BUILT = re.compile(r"Built in ([\d.]+) s")


@dataclass(frozen=True, kw_only=True)
class Running:
    """A demo city that is up."""

    port: int
    environment: dict[str, str]
    ready_after_s: float

    @property
    def doors(self) -> str:
        """The doors' address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def gate(self) -> str:
        """The gate's address."""
        return f"http://127.0.0.1:{self.port + 1}"


def measure(full: bool, console: Console) -> Measured:
    """Measure ``demo_build_s``, ``restart_s``, the pages' p95 and what a hanging register costs."""
    seconds = 60.0 if full else 20.0
    with _state() as environment:
        with console.status(f"building a city of {RESIDENTS:,} residents"):
            built_s = _build(environment)
        with _up(environment):
            pass
        with console.status("starting it again"), _up(environment) as city:
            figures = [_lasts("demo_build_s", built_s, 60.0, f"{RESIDENTS:,} residents")]
            figures.append(_lasts("restart_s", city.ready_after_s, 5.0, "installed, data kept"))
            told = visits.prepare(environment, sessions=SESSIONS, waiting=WAITING)
            for name, sessions, paths in told.pages():
                with console.status(f"{name}: {PAGES_A_SECOND} pages/s for {seconds:.0f} s"):
                    found = visits.load(city.doors, sessions, paths, PAGES_A_SECOND, seconds)
                figures.append(_page(name, found))
            with console.status(f"a register hangs, {WAITING} applications wait"):
                figures += _hanging(city, told, seconds)
    return Measured(figures=figures)


def _lasts(name: str, value: float, aim: float, reference: str) -> Figure:
    return Figure(name=name, value=value, unit="s", reference=reference, aim=aim, at_least=False)


def _page(name: str, found: visits.Answers) -> Figure:
    return Figure(
        name=f"page_p95_ms.{name}",
        value=found.p95_ms,
        unit="ms",
        reference=f"open loop, {PAGES_A_SECOND}/s, {SESSIONS} sessions, {found.count} pages, "
        f"median {found.median_ms:.1f} ms, {found.errors} errors",
        aim=100.0,
        at_least=False,
    )


def _hanging(city: Running, told: visits.Prepared, seconds: float) -> list[Figure]:
    """Take turns, calm and hanging, so that both meet the machine in the same moods."""
    calm: list[tuple[visits.Answers, visits.Answers]] = []
    hung: list[tuple[visits.Answers, visits.Answers]] = []
    told.submit_waiting()
    for _ in range(2):
        told.switch("up")
        calm.append(_both(city, told, seconds / 2))
        told.switch("hanging")
        told.ask_again()
        time.sleep(1.0)
        assert told.still_waiting() >= WAITING, "the applications no longer wait for the register"
        hung.append(_both(city, told, seconds / 2))
    told.switch("up")
    return [
        _ratio("home", [it[0] for it in calm], [it[0] for it in hung]),
        _ratio("gate", [it[1] for it in calm], [it[1] for it in hung]),
    ]


def _both(
    city: Running, told: visits.Prepared, seconds: float
) -> tuple[visits.Answers, visits.Answers]:
    name, sessions, paths = told.pages()[0]
    assert name == "resident_home"
    return visits.load_pages_and_gate(
        city.doors, sessions, paths, PAGES_A_SECOND, city.gate, told.reader, seconds
    )


def _ratio(name: str, calm: list[visits.Answers], hung: list[visits.Answers]) -> Figure:
    before = min(it.p95_ms for it in calm)
    after = min(it.p95_ms for it in hung)
    return Figure(
        name=f"hanging_register.{name}",
        value=after / before,
        unit="ratio",
        reference=f"p95 {after:.1f} ms with a register that hangs and {WAITING} applications "
        f"waiting ÷ {before:.1f} ms without; the better of two turns each",
        aim=1.2,
        at_least=False,
    )


@contextlib.contextmanager
def _state() -> Iterator[dict[str, str]]:
    """Have a state directory of one's own; it is removed at the end."""
    root = state_root() / f"bench-doors-{os.getpid()}"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CITYCARD_", "DATABASE_", "MIGRATE_", "DJANGO_"))
    }
    city = os.environ.get("CITYCARD_CITY") or "taipei"
    try:
        yield kept | {
            "CITYCARD_STATE": str(root),
            "CITYCARD_CITY": city,
            "CITYCARD_DEMO_DELAY": "0",
        }
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _build(environment: dict[str, str]) -> float:
    done = subprocess.run(
        [*_citycard("demo"), "--residents", str(RESIDENTS)],
        env=environment | {"CITYCARD_DEMO": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    found = _BUILT.search(done.stderr + done.stdout)
    assert done.returncode == 0, done.stderr[-3000:]
    assert found is not None, done.stderr[-3000:]
    return float(found.group(1))


@contextlib.contextmanager
def _up(environment: dict[str, str]) -> Iterator[Running]:
    port = _free_port()
    process = subprocess.Popen(
        [*_citycard("up"), "--demo", "--port", str(port)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield Running(port=port, environment=environment, ready_after_s=_wait_until_ready(process))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _wait_until_ready(process: "subprocess.Popen[str]") -> float:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        found = _READY.search(line)
        if found:
            return float(found.group(1))
    raise RuntimeError(said[-3000:])


def _free_port() -> int:
    with contextlib.ExitStack() as probes:
        for port in range(21000, 30000, 10):
            with contextlib.suppress(OSError):
                for offset in range(3):
                    probe = probes.enter_context(socket.socket())
                    probe.bind(("127.0.0.1", port + offset))
                return port
    raise RuntimeError("no three ports are free")


def _citycard(command: str) -> list[str]:
    return [sys.executable, "-m", "citycard.config.command", command]
