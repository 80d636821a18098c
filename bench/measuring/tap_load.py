"""A load of single taps: each connection sends its next tap when the last one is answered.

Run as a program of its own, so that it doesn't share the measured process's interpreter:
``python -m bench.measuring.tap_load`` reads its orders as JSON on stdin and answers as JSON. It
waits for all sockets at once, without an event loop's callbacks: it runs on the same cores.
"""

import datetime as dt
import json
import random
import select
import socket
import sys
import time
from collections import Counter
from typing import Any

BODY = b'{"epoch":1,"seq":%d,"at":"%s","number":"%d"}'


class Connection:
    """One reader: sends a tap, waits for its answer, sends the next."""

    def __init__(self, load: "Load", code: str, key: str) -> None:
        self.load = load
        self.socket = socket.create_connection(("127.0.0.1", load.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.head = (
            f"POST /taps HTTP/1.1\r\nHost: gate\r\nAuthorization: Reader {code}:{key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self.seq = 0
        self.sent_at = 0.0
        self.received = b""

    def send(self) -> None:
        """Send the next tap."""
        self.seq += 1
        number = self.load.first_number + int(random.random() * self.load.cards)
        body = BODY % (self.seq, self.load.present(), number)
        self.sent_at = time.perf_counter()
        self.socket.send(b"%s%d\r\n\r\n%s" % (self.head, len(body), body))

    def read(self) -> bool:
        """Take what came; whether the connection goes on."""
        came = self.socket.recv(65_536)
        if not came:
            self.load.codes["connection lost"] += 1
            return False
        self.received += came
        head, ended, body = self.received.partition(b"\r\n\r\n")
        if not ended or len(body) < int(head.partition(b"content-length: ")[2].split(b"\r")[0]):
            return True
        self.received = b""
        self.load.answered(self, head[9:12], body)
        if self.load.is_over():
            return False
        self.send()
        return True


class Load:
    """The whole load and what became of it."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self.port = int(orders["port"])
        self.first_number = int(orders["first_number"])
        self.cards = int(orders["cards"])
        self.seconds = float(orders["seconds"])
        self.warm_up_s = float(orders["warm_up_s"])
        self.readers = list(zip(orders["codes"], orders["keys"], strict=True))
        self.codes: Counter[str] = Counter()
        self.latencies: list[float] = []
        self._present = (0.0, b"")

    def run(self) -> dict[str, Any]:
        """Load the gate, and return how many taps a second were answered, and how."""
        running = {}
        poll = select.epoll()
        for code, key in self.readers:
            one = Connection(self, code, key)
            running[one.socket.fileno()] = one
            poll.register(one.socket, select.EPOLLIN)
        self.counted_from = time.perf_counter() + self.warm_up_s
        self.ends_at = self.counted_from + self.seconds
        for one in running.values():
            one.send()
        while running:
            for number, _ in poll.poll():
                if not running[number].read():
                    poll.unregister(number)
                    running.pop(number).socket.close()
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


if __name__ == "__main__":
    sys.stdout.write(json.dumps(Load(json.load(sys.stdin)).run()))
