"""A gate in one process, which `tests.faults.nursery` brings to life again and again."""

import asyncio
import os

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from citycard.config.gate import application


def main() -> None:
    """Serve until killed."""
    server = Server(
        application,
        port=int(os.environ["GATE_PORT"]),
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.warning,
    )
    asyncio.run(server.serve())
