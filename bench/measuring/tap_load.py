"""A load of single taps: each connection sends its next tap when the last one is answered.

Run as a program of its own, so that it doesn't share the measured process's interpreter:
``python -m bench.measuring.tap_load`` reads its orders as JSON on stdin and answers as JSON.
"""

import asyncio
import datetime as dt
import json
import random
import sys
import time
from collections import Counter
from typing import Any


class Connection(asyncio.Protocol):
    """One reader: sends a tap, waits for its answer, sends the next."""

    def __init__(self, load: "Load", code: str, key: str) -> None:
        self.load = load
        self.head = (
            f"POST /taps HTTP/1.1\r\nHost: gate\r\nAuthorization: Reader {code}:{key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self.seq = 0
        self.sent_at = 0.0
        self.received = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.load.running.add(self)
        self.send()

    def send(self) -> None:
        self.seq += 1
        number = self.load.first_number + int(random.random() * self.load.cards)
        body = b'{"epoch":1,"seq":%d,"at":"%s","number":"%d"}' % (
            self.seq,
            self.load.present(),
            number,
        )
        self.sent_at = time.perf_counter()
        self.transport.write(self.head + b"%d\r\n\r\n" % len(body) + body)

    def data_received(self, data: bytes) -> None:
        if self.received:
            data = self.received + data
        head, _, body = data.partition(b"\r\n\r\n")
        at = head.find(b"content-length: ")
        if at < 0 or len(body) < int(
            head[at + 16 : head.index(b"\r", at + 16) if b"\r" in head[at + 16 :] else None]
        ):
            self.received = data
            return
        self.received = b""
        self.load.answered(self, head[9:12], body)
        if self.load.is_over():
            self.transport.close()
        else:
            self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.load.is_over():
            self.load.codes["connection lost"] += 1
        self.load.running.discard(self)
        if not self.load.running:
            self.load.done.set()


class Load:
    """The whole load and what became of it."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self.first_number = int(orders["first_number"])
        self.cards = int(orders["cards"])
        self.seconds = float(orders["seconds"])
        self.warm_up_s = float(orders["warm_up_s"])
        self.orders = orders
        self.running: set[Connection] = set()
        self.codes: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.done = asyncio.Event()
        self._present = (0.0, b"")

    async def run(self) -> dict[str, Any]:
        """Load the gate, and return how many taps a second were answered, and how."""
        loop = asyncio.get_running_loop()
        self.counted_from = time.perf_counter() + self.warm_up_s
        self.ends_at = self.counted_from + self.seconds
        for code, key in zip(self.orders["codes"], self.orders["keys"], strict=True):
            await loop.create_connection(
                lambda code=code, key=key: Connection(self, code, key),
                "127.0.0.1",
                self.orders["port"],
            )
        await self.done.wait()
        ordered = sorted(self.latencies)
        return {
            "per_s": len(ordered) / self.seconds,
            "p50_ms": _at(ordered, 0.50) * 1000,
            "p99_ms": _at(ordered, 0.99) * 1000,
            "codes": dict(self.codes),
        }

    def present(self) -> bytes:
        """Return the present time as a reader writes it, made anew each millisecond."""
        now = time.time()
        if now - self._present[0] > 0.001:
            self._present = (now, dt.datetime.fromtimestamp(now, dt.UTC).isoformat().encode())
        return self._present[1]

    def answered(self, connection: Connection, status: bytes, body: bytes) -> None:
        """Count an answer, once the warm-up is over and before the end."""
        now = time.perf_counter()
        at = body.find(b'"code":"')
        word = body[at + 8 : body.index(b'"', at + 8)] if at >= 0 else b""
        self.codes[f"{status.decode()} {word.decode()}"] += 1
        if self.counted_from <= connection.sent_at and now <= self.ends_at:
            self.latencies.append(now - connection.sent_at)

    def is_over(self) -> bool:
        """Tell whether the time is up."""
        return time.perf_counter() >= self.ends_at


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


async def _main() -> None:
    load = Load(json.load(sys.stdin))
    sys.stdout.write(json.dumps(await load.run()))


if __name__ == "__main__":
    asyncio.run(_main())
