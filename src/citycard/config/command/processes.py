"""Run the city's processes together: start, watch, start again what fell, stop all."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from citycard.infra import leash

STOP_WITHIN_S = 10.0
READY_WITHIN_S = 180.0  # whatever ends is told at once; a busy machine may take its time
FALLS_WITHIN_S = 60.0
MOST_FALLS = 5
LARGEST_LOG_BYTES = 20 * 1024 * 1024  # a start puts a longer one aside


@dataclass(frozen=True, kw_only=True)
class Program:
    """One process of the city.

    :ivar health: an address that answers once it serves (``http://`` or ``tcp://``); empty when it
        serves nothing
    """

    name: str
    command: Sequence[str]
    health: str = ""
    environment: dict[str, str] = field(default_factory=dict)


class ProcessFell(Exception):
    """A process of the city ended by itself and can't be kept running; the message names it."""


class Processes:
    """The processes of one city, each in a group of its own and on a leash to us."""

    def __init__(self, *, log_directory: Path) -> None:
        self.programs: Sequence[Program] = ()
        self.log_directory = log_directory
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._falls: dict[str, list[float]] = {}

    def start(self, programs: Sequence[Program]) -> None:
        """Start processes, unless they were; they get ready side by side."""
        if self.programs:
            return
        self.programs = programs
        for program in programs:
            self._start(program)

    def wait_until_ready(self, say: Callable[[str], None]) -> None:
        """Wait until each that serves answers, telling `say` its name as it does.

        :raises ProcessFell: one ended, or didn't answer in time
        """
        deadline = time.monotonic() + READY_WITHIN_S
        waiting = [program for program in self.programs if program.health]
        while waiting:
            for program in list(waiting):
                if answers(program.health):
                    waiting.remove(program)
                    say(program.name)
            for program in self.programs:
                code = self._running[program.name].poll()
                if code is not None:
                    raise ProcessFell(self._obituary(program, code))
            if time.monotonic() > deadline:
                raise ProcessFell(f"{waiting[0].name} didn't answer at {waiting[0].health}.")
            time.sleep(0.05)

    def look(self, say: Callable[[str], None]) -> None:
        """Start again what ended by itself, telling `say`.

        :raises ProcessFell: one keeps ending
        """
        for program in self.programs:
            code = self._running[program.name].poll()
            if code is None:
                continue
            end_group(self._running[program.name], signal.SIGKILL)
            now = time.monotonic()
            before = self._falls.get(program.name, ())
            falls = [*(at for at in before if now - at < FALLS_WITHIN_S), now]
            self._falls[program.name] = falls
            if len(falls) >= MOST_FALLS:
                raise ProcessFell(self._obituary(program, code))
            say(f"{program.name} ended with {code}; starting it again")
            self._start(program)

    def stop(self) -> None:
        """Ask all to end, wait, then end what is left with its whole group."""
        for process in self._running.values():
            end_group(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_S
        for process in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            end_group(process, signal.SIGKILL)
            process.wait()

    def _start(self, program: Program) -> None:
        self.log_directory.mkdir(parents=True, exist_ok=True, mode=0o755)
        path = self.log_directory / f"{program.name}.log"
        if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
            path.rename(path.with_suffix(".log.before"))
        with path.open("ab") as log:
            self._running[program.name] = subprocess.Popen(
                leash.on(program.command),
                env=os.environ | program.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us alone; we end the rest in order
            )

    def _obituary(self, program: Program, code: int) -> str:
        log = self.log_directory / f"{program.name}.log"
        last = log.read_text(errors="replace").splitlines()[-15:]
        return f"{program.name} ended with {code}. The end of {log}:\n" + "\n".join(last)


def answers(address: str) -> bool:
    """Return whether an address answers with anything but a server's error."""
    if address.startswith("tcp://"):
        host, _, port = address.removeprefix("tcp://").rpartition(":")
        with socket.socket() as line:
            line.settimeout(2.0)
            return line.connect_ex((host, int(port))) == 0
    try:
        return httpx.get(address, timeout=2.0).status_code < 500
    except httpx.HTTPError:
        return False


def end_group(process: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    """Send a signal to a process and everything it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
