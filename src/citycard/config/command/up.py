"""`citycard up`: prepare a city and run all of it until Ctrl-C."""

import os
import signal
import socket
import sys
import threading
import time
from typing import Annotated

import typer

from citycard.config import guarding, instance, preparing
from citycard.config.command.options import City
from citycard.config.command.processes import Processes, ProcessFell
from citycard.config.command.programs import addresses, programs
from citycard.config.command.saying import console, out, progress, step, stop
from citycard.config.migrating import MigrationFailed
from citycard.config.restoring import UP_LOCK
from citycard.infra.packs import PackError
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.lease import Lease

LOOK_EVERY_S = 0.5
CANNOT = (
    guarding.UnsafeInstance,
    PostgresProblem,
    preparing.NotPrepared,
    MigrationFailed,
    PackError,
)


def up(
    city: City = None,
    demo: Annotated[
        bool | None,
        typer.Option(
            "--demo/--no-demo",
            help="A demo city with invented residents, personas and simulated outside systems.",
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            help="The doors' port; gate, kiosk, library proxy and demo library take the next.",
            min=1024,
            max=65531,
        ),
    ] = 8700,
    residents: Annotated[
        int | None,
        typer.Option(help="How many residents a new demo city has.", min=1, metavar="N"),
    ] = None,
) -> None:
    """Prepare a city and run it: database, doors, readers' gate, worker, kiosk, library proxy.

    Everything listens on loopback only. Ctrl-C or SIGTERM stops all of it; data is kept.
    """
    started = time.monotonic()
    stopping = Stopping()
    try:
        with instance.running(city, demo=demo) as here:
            _serve_alone(here)
            where = here.place.data if here.cluster else "as DATABASE_URL says"
            console.print(f"[green]✓[/green] PostgreSQL: {where}")
            os.environ.setdefault("CITYCARD_PUBLIC_URL", f"http://127.0.0.1:{port}")
            _refuse_taken_ports(port)
            _run(here, port, residents, stopping, started)
    except CANNOT as why:
        stop(why)
    except ProcessFell as fell:
        stop(fell, code=1)
    except _Stopped:
        pass
    console.print("Stopped; the data is kept.")


class _Stopped(BaseException):
    """Somebody asked us to stop before the city was up; no `except Exception` may swallow it."""


class Stopping(threading.Event):
    """Set by Ctrl-C and SIGTERM; while preparing they also interrupt what is being done."""

    def __init__(self) -> None:
        super().__init__()
        self.interrupts = True
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked)

    def _asked(self, *_: object) -> None:
        if self.is_set():
            return
        self.set()
        if self.interrupts:
            raise _Stopped


def _run(
    here: instance.Instance, port: int, residents: int | None, stopping: Stopping, started: float
) -> None:
    processes = Processes(log_directory=here.place.directory / "log")
    opened = here.place.directory / "opened"
    try:
        is_as_it_was = _bring_up_to_date(here)
        if is_as_it_was and opened.exists():
            # It was open before and nothing changed: the doors get ready while we look at the rest.
            processes.start(programs(here, port))
        _prepare_city(here, residents)
        processes.start(programs(here, port))
        with console.status("Opening the doors"):
            processes.wait_until_ready(lambda name: console.print(f"[green]✓[/green] {name}"))
        opened.touch()
        stopping.interrupts = False
        _say_ready(port, time.monotonic() - started)
        if preparing.has_no_staff():
            out.print("Nobody serves this city yet: citycard staff add --help")
        while not stopping.wait(LOOK_EVERY_S):
            _look(here, processes)
    finally:
        stopping.interrupts = False
        with console.status("Stopping"):
            processes.stop()


def _bring_up_to_date(here: instance.Instance) -> bool:
    """Bring schema, code, texts and static files up to date; return whether the schema was."""
    if preparing.discard_unfinished_city(here):
        console.print("[yellow]![/yellow] The demo city was unfinished; it is built anew")
    with progress() as bars:
        task = bars.add_task("Schema", total=None)
        changed = preparing.migrate(here, lambda name: bars.update(task, description=name))
    if changed:
        console.print("[green]✓[/green] Schema brought up to date")
    preparing.compile_code()
    preparing.compile_texts()
    if preparing.collect_static_files(here):
        console.print("[green]✓[/green] Static files collected")
    return not changed


def _prepare_city(here: instance.Instance, residents: int | None) -> None:
    instance.set_up_django()
    from django.conf import settings

    guarding.refuse_if_unsafe(settings)
    with step(f"City pack: {here.city}"):
        preparing.activate_pack()
    if settings.CITYCARD_DEMO:
        with progress() as bars:
            built = preparing.build_demo_city(here, progress=bars, residents=residents)
        if built:
            console.print("[green]✓[/green] Demo city built")


def _look(here: instance.Instance, processes: Processes) -> None:
    processes.look(lambda what: console.print(f"[yellow]![/yellow] {what}"))
    if here.cluster and here.cluster.pid() is None:
        console.print("[yellow]![/yellow] PostgreSQL ended; starting it again")
        here.cluster.start()


def _say_ready(port: int, seconds: float) -> None:
    out.print(f"\n[bold green]ready[/bold green] after {seconds:.1f} s\n")
    for name, address in addresses(port):
        out.print(f"  {name:<16}{address}")
    out.print("\nCtrl-C stops it; the data is kept.")
    sys.stdout.flush()


def _serve_alone(here: instance.Instance) -> None:
    """Hold a lock while this city is up: a second `up` of it says so and leaves."""
    global _alone
    _alone = Lease(here.place.directory / UP_LOCK)
    if not _alone.take_if_last():
        raise preparing.NotPrepared(f"{here.city} is up already (another `citycard up` runs it).")


_alone: Lease | None = None


def _refuse_taken_ports(port: int) -> None:
    for number in range(port, port + 5):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                raise preparing.NotPrepared(
                    f"Port {number} on 127.0.0.1 is taken; choose others with --port "
                    "(PORT=… with make run)."
                ) from None
