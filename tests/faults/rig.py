"""A rig for rehearsing faults: real doors, a real agent, a real PostgreSQL; each may be killed.

The person at the kiosk is the rig: it puts a card down, chooses, confirms, and looks at the screen.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from citycard_kiosk.journal import Journal, Line
from citycard_kiosk.writer import Reading, SimulatedWriter
from tests.harness.patience import PATIENCE_S, wait_until

PROJECT = Path(__file__).parents[2]


def free_port() -> int:
    """Return a port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Nursery:
    """A program that is kept ready to be brought to life (``tests.faults.nursery``)."""

    def __init__(self, program: str, environment: dict[str, str], log: Path) -> None:
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery", program],
                env=environment | {"PYTHONPATH": f"{PROJECT}:{PROJECT / 'clients/kiosk/src'}"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )
        assert self._hear() == "ready", log.read_text()

    def bring_up(self, environment: dict[str, str]) -> int:
        """Return the number of a new child, the first of a group of its own."""
        assert self._process.stdin is not None
        print(json.dumps(environment), file=self._process.stdin, flush=True)
        return int(self._hear())

    def close(self) -> None:
        """End it; its children are killed one by one."""
        self._process.communicate(timeout=PATIENCE_S)

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@dataclass
class Process:
    """One process of the city, in a group of its own."""

    nursery: Nursery
    environment: dict[str, str]
    number: int = 0

    def start(self, **more: str) -> None:
        self.number = self.nursery.bring_up(self.environment | more)

    def died(self) -> bool:
        if not self.number:
            return False
        try:
            os.kill(self.number, 0)
        except ProcessLookupError:
            return True
        return False

    def kill(self) -> None:
        """Kill -9 the whole group."""
        if not self.number:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.number, signal.SIGKILL)
        wait_until(self.died, what="a killed process to be gone")
        self.number = 0


@dataclass(frozen=True)
class Programs:
    """What a rig consists of, kept ready."""

    door: Nursery
    agent: Nursery
    forgetful_agent: Nursery


@contextlib.contextmanager
def kept_ready(environment: dict[str, str], log: Path) -> Iterator[Programs]:
    """Keep the programs of a city's rigs ready for a while."""
    door = environment | {"CITYCARD_DB_POOL": "4", "CITYCARD_HOSTS": "127.0.0.1"}
    made = Programs(
        Nursery("tests.faults.door", door, log),
        Nursery("citycard_kiosk.__main__", dict(os.environ), log),
        Nursery("tests.faults.forgetful_agent", dict(os.environ), log),
    )
    try:
        yield made
    finally:
        for each in (made.door, made.agent, made.forgetful_agent):
            each.close()


@dataclass
class Rig:
    """The doors, a kiosk's agent, its card and its journal."""

    directory: Path
    programs: Programs
    code: str
    key: str
    number: str
    door_port: int = field(default_factory=free_port)
    agent_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.state = self.directory / "kiosk"
        self.state.mkdir(exist_ok=True)
        tray = [{"id": "1", "number": self.number, "label": "卡片", "purse": 100, "counter": 5}]
        (self.state / "tray.json").write_text(json.dumps(tray))
        self.door = Process(self.programs.door, {"DOOR_PORT": str(self.door_port)})
        self.agent = Process(
            self.programs.agent,
            {
                "CITYCARD_KIOSK_SERVER": f"http://127.0.0.1:{self.door_port}",
                "CITYCARD_KIOSK_PORT": str(self.agent_port),
                "CITYCARD_KIOSK_STATE": str(self.state),
                "CITYCARD_KIOSK_CODE": self.code,
                "CITYCARD_KIOSK_KEY": self.key,
                "CITYCARD_KIOSK_WRITE_SECONDS": "0.03",
                "CITYCARD_KIOSK_RECOVER_SECONDS": "0.2",
            },
        )
        self.screen = httpx.Client(
            base_url=f"http://127.0.0.1:{self.agent_port}", timeout=PATIENCE_S
        )

    # -- processes

    def start_door(self, fail_at: str = "") -> None:
        """Start the doors, which die at a place if told so."""
        once = self.directory / f"once-{time.monotonic_ns()}"
        self.door.start(CITYCARD_FAILPOINT=fail_at, CITYCARD_FAILPOINT_ONCE=str(once))
        wait_until(self._door_answers, what="the doors")

    def start_agent(self, fail_at: str = "") -> None:
        """Start the agent, which dies at a place if told so."""
        once = self.directory / f"once-{time.monotonic_ns()}"
        self.agent.start(CITYCARD_FAILPOINT=fail_at, CITYCARD_FAILPOINT_ONCE=str(once))
        wait_until(lambda: self.agent.died() or self.stage(), what="the agent")

    def _door_answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(
                f"http://127.0.0.1:{self.door_port}/kiosk/api/hello",
                headers={"Accept": "application/json"},
            )
            return answer.status_code == httpx.codes.UNAUTHORIZED
        return False

    def stop(self) -> None:
        """Kill what is left."""
        self.screen.close()
        self.agent.kill()
        self.door.kill()

    # -- the person at the kiosk

    def stage(self) -> str:
        """Return which screen the kiosk shows; nothing when it is dead."""
        with contextlib.suppress(httpx.HTTPError):
            return str(self.screen.get("/health").json()["stage"])
        return ""

    def touch(self, path: str, **form: str) -> None:
        """Touch something on the screen; a kiosk that dies of it doesn't answer."""
        with contextlib.suppress(httpx.HTTPError):
            self.screen.post(path, data=form)

    def see(self, *stages: str) -> str:
        """Wait for one of some screens, or for the kiosk's death (an empty text)."""
        seen = ["nothing"]

        def one_of_them() -> str:
            seen[0] = "dead" if self.agent.died() else self.stage()
            return seen[0] if seen[0] in (*stages, "dead") else ""

        try:
            return str(wait_until(one_of_them)).replace("dead", "")
        except AssertionError as vain:
            raise AssertionError(f"{vain}: one of {stages}, seeing {seen[0]}") from None

    def redeem(self, points: int = 50) -> str:
        """Put the card down, choose and confirm; returns the screen that ends it, or nothing."""
        self.touch("/tray/take")
        self.touch("/tray/put", card="1")
        if self.see("choose", "offline", "refused") != "choose":
            return self.stage()
        self.touch("/choose", points=str(points))
        if self.see("confirm") != "confirm":
            return ""
        self.touch("/confirm", points=str(points))
        return self.see("done", "refused", "given_back", "offline", "taken_away", "unclear")

    # -- looking

    def card(self) -> Reading:
        """Return what is on the card."""
        return self._writer().look_at(self.number)

    def take_card_from_dead_kiosk(self) -> None:
        """Take the card off the pad of a kiosk without power."""
        self._writer().take()

    def journal(self) -> list[Line]:
        """Return the kiosk's journal."""
        return Journal(self.state / "journal.db").all_lines()

    def _writer(self) -> SimulatedWriter:
        return SimulatedWriter(self.state / "cards.db", seconds=0)


@contextlib.contextmanager
def running(rig: Rig) -> Iterator[Rig]:
    """Have a rig for a while; nothing of it is left afterwards."""
    try:
        yield rig
    finally:
        rig.stop()
