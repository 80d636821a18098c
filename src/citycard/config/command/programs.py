"""Which processes make up a running city, and at which addresses they answer."""

import json
import os
import resource
import sys
from pathlib import Path

from citycard.config import instance
from citycard.config.apps import present
from citycard.config.command.processes import Program
from citycard.infra.postgres.place import project_root

DEVICES = "demo-devices.json"
MOST_READERS = 8_192
"""Connections to the gate: a reader keeps one for ever, and the server counts those, not requests.
How much readers may send at once the gate says itself (429, 503)."""

OTHER_FILES = 256
"""What a gate has open besides its readers' connections."""

SIP2_AFTER, LIBRARY_AFTER = 3, 4
"""How far after the doors' port library terminals and a demo's own library system are."""


def addresses(port: int) -> list[tuple[str, str]]:
    """Return every door's name and address."""
    doors = (
        ("Residents", "resident", ""),
        ("Counter", "counter", "counter/"),
        ("Agencies", "agency", "agency/"),
        ("Operations", "ops", "ops/"),
    )
    found = [
        (name, f"http://127.0.0.1:{port}/{path}")
        for name, portal, path in doors
        if present(f"citycard.portals.{portal}.urls")
    ]
    if present("citycard.portals.gate.app"):
        found.append(("Readers' gate", f"http://127.0.0.1:{port + 1}/"))
    if _kiosk_agent() is not None:
        found.append(("Kiosk", f"http://127.0.0.1:{port + 2}/"))
    found.append(("Library (SIP2)", f"127.0.0.1:{port + SIP2_AFTER}"))
    return found


def programs(here: instance.Instance, port: int) -> list[Program]:
    """Return the city's processes: those whose code exists."""
    found = [
        Program(
            name="doors",
            command=[
                *_granian("wsgi", port, connections=256),
                *("--blocking-threads", "4", "citycard.config.wsgi:application"),
            ],
            health=f"http://127.0.0.1:{port}/health",
        )
    ]
    if present("citycard.portals.gate.app"):
        found.append(
            Program(
                name="gate",
                command=gate_command(port + 1),
                health=f"http://127.0.0.1:{port + 1}/health",
            )
        )
    found.append(
        Program(name="worker", command=[sys.executable, "-m", "citycard.config.command", "worker"])
    )
    if os.environ.get("CITYCARD_STREAM_URL"):
        taker = [sys.executable, "-m", "citycard.config.command", "stream"]
        found.append(Program(name="stream", command=taker))
    agent, kiosk = _kiosk_agent(), _demo_kiosk(here)
    if agent is not None and kiosk is not None:
        code, key = kiosk
        found.append(
            Program(
                name="kiosk",
                command=[sys.executable, "-m", "citycard_kiosk"],
                health=f"http://127.0.0.1:{port + 2}/health",
                environment={
                    "PYTHONPATH": str(agent),
                    "CITYCARD_KIOSK_SERVER": f"http://127.0.0.1:{port}",
                    "CITYCARD_KIOSK_PORT": str(port + 2),
                    "CITYCARD_KIOSK_CODE": code,
                    "CITYCARD_KIOSK_KEY": key,
                    "CITYCARD_KIOSK_STATE": str(here.place.directory / "kiosk"),
                },
            )
        )
    return [*found, *_library(here, port)]


def _library(here: instance.Instance, port: int) -> list[Program]:
    """Return a demo library's system and the proxy before it; real ones are started apart."""
    if not any(it["kind"] == "library" for it in _demo_devices(here).values()):
        return []
    terminals, library = f"127.0.0.1:{port + SIP2_AFTER}", f"127.0.0.1:{port + LIBRARY_AFTER}"
    books = here.place.directory / "outside" / "library.sqlite"
    python = [sys.executable, "-m"]
    return [
        Program(
            name="library",
            command=[*python, "citycard.adapters.ils", str(books), str(port + LIBRARY_AFTER)],
            health=f"tcp://{library}",
        ),
        Program(
            name="sip2",
            command=[*python, "citycard.config.command", "sip2", "--listen", terminals],
            health=f"tcp://{terminals}",
            environment={
                "CITYCARD_LIBRARY_SIP2": library,
                "CITYCARD_SIP2_KEY": str(here.place.keys / DEVICES),
            },
        ),
    ]


def gate_command(port: int) -> list[str]:
    """Return how a gate is started, whoever starts it."""
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)  # granian goes up to the hard limit
    connections = MOST_READERS
    if most_files != resource.RLIM_INFINITY:
        connections = max(OTHER_FILES, min(connections, most_files - OTHER_FILES))
    return [*_granian("asgi", port, connections=connections), "citycard.config.gate:application"]


def _granian(interface: str, port: int, *, connections: int) -> list[str]:
    command = [sys.executable, "-m", "granian", "--interface", interface]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--no-ws"]
    return [*command, "--backpressure", str(connections), "--log-level", "warning"]


def _kiosk_agent() -> Path | None:
    root = project_root()
    if root is None:
        return None
    for directory in (root / "clients" / "kiosk" / "src", root / "clients" / "kiosk"):
        if (directory / "citycard_kiosk" / "__main__.py").is_file():
            return directory
    return None


def _demo_kiosk(here: instance.Instance) -> tuple[str, str] | None:
    """Return code and key of a demo's first kiosk; real kiosks run elsewhere."""
    devices = _demo_devices(here)
    kiosks = sorted((code, it["key"]) for code, it in devices.items() if it["kind"] == "kiosk")
    return kiosks[0] if kiosks else None


def _demo_devices(here: instance.Instance) -> dict[str, dict[str, str]]:
    keys = here.place.keys / DEVICES
    found: dict[str, dict[str, str]] = json.loads(keys.read_text()) if keys.is_file() else {}
    return found
