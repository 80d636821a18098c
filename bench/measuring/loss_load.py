"""Readers that poll for changes, each proving what it gets with the reference reader's own code.

``python -m bench.measuring.loss_load`` reads its orders as a line of JSON on stdin and answers
with JSON: for each version, when each reader held it.
"""

import asyncio
import datetime as dt
import json
import random
import re
import sys
import time
from collections import defaultdict
from typing import Any

from citycard_reader.documents import Chain, Key

_LENGTH = re.compile(rb"content-length: (\d+)", re.I)


class Poller:
    """One reader with a connection that stays open."""

    def __init__(self, load: "Load", code: str, key: str) -> None:
        self.load = load
        self.chain = Chain(service=load.service, keys={load.key.kid: load.key})
        self.head = f"HTTP/1.1\r\nHost: gate\r\nAuthorization: Reader {code}:{key}\r\n\r\n".encode()

    async def run(self) -> None:
        """Poll at a pace of its own until the time is up."""
        await asyncio.sleep(random.random() * self.load.interval)
        incoming, outgoing = await asyncio.open_connection("127.0.0.1", self.load.port)
        while time.time() < self.load.ends_at:
            due = time.time() + self.load.interval
            await self._poll(incoming, outgoing)
            await asyncio.sleep(max(0.0, due - time.time()))
        outgoing.close()

    async def _poll(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        held = self.chain.state.version if self.chain.state else 0
        path = b"/changes?since=%d " % held if held else b"/snapshot "
        outgoing.write(b"GET " + path + self.head)
        head = await incoming.readuntil(b"\r\n\r\n")
        found = _LENGTH.search(head)
        assert found is not None
        body = await incoming.readexactly(int(found[1]))
        if head[9:12] != b"200":
            raise RuntimeError(f"the gate answered {head[9:12]!r}: {body[:200]!r}")
        self.chain.take(body, now=dt.datetime.now(dt.UTC))
        self.load.polls += 1
        assert self.chain.state is not None
        for version in range(held + 1, self.chain.state.version + 1):
            self.load.knew[version].append(time.time())


class Load:
    """All readers."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self.port = int(orders["port"])
        self.interval = float(orders["interval"])
        self.service = str(orders["service"])
        self.key = Key(orders["kid"], bytes.fromhex(orders["public"]))
        self.ends_at = time.time() + float(orders["seconds"])
        self.knew: dict[int, list[float]] = defaultdict(list)
        self.polls = 0
        self.pollers = [
            Poller(self, code, key)
            for code, key in zip(orders["codes"], orders["keys"], strict=True)
        ]

    async def run(self) -> dict[str, Any]:
        """Poll until the time is up."""
        await asyncio.gather(*(poller.run() for poller in self.pollers))
        return {"knew": self.knew, "polls": self.polls}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(Load(json.loads(sys.stdin.readline())).run())))
