"""A line between a reference reader and the city that a test can cut, with a gate behind it."""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

from citycard.agencies import api as agencies
from citycard.flows import tapping
from citycard.infra.signers import signers
from citycard.portals.gate import wire
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.readers import Reader as GateReader
from citycard.portals.gate.snapshots import Shelves, since_of
from citycard.taps import api as taps
from citycard_reader import Journal, Key, Offline, Reader
from citycard_reader.transport import CutOff, Reply

Now = Callable[[], dt.datetime]
ZONE = dt.timezone(dt.timedelta(hours=8))


class Line:
    """The gate's own code without its process: what a request gets, when the line is up.

    :ivar lose_answers: take requests, and let the answers go astray
    """

    def __init__(self, shelves: Shelves, reader: GateReader, now: Now) -> None:
        self.shelves, self.reader, self.now = shelves, reader, now
        self.is_up = True
        self.lose_answers = False
        self.said: list[bytes] = []

    def reach(self) -> None:
        if not self.is_up:
            raise CutOff("down", nothing_sent=True)

    def close(self) -> None:
        pass

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Reply:
        self.reach()
        try:
            reply = self._reply(path, headers, body)
        except GateProblem as problem:
            told = problem.reply()
            reply = Reply(told.status, {}, told.body)
        if self.lose_answers:
            raise CutOff("lost", nothing_sent=False)
        self.said.append(reply.body)
        return reply

    def _reply(self, path: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        if path == "/taps":
            found, as_batch = wire.read_taps(body or b"", self.reader)
            reads = [one for one in found if isinstance(one, taps.TapRead)]
            answers = tapping.take(reads=reads, now=self.now())
            told = [wire.tap_answer(r, a) for r, a in zip(reads, answers, strict=True)]
            return Reply(200, {}, wire.written(told, key="answers", as_batch=as_batch))
        match = headers.get("If-None-Match", "").encode()
        if path == "/snapshot":
            given = self.shelves.snapshot(self.reader, match)
        else:
            given = self.shelves.changes(
                self.reader, since_of(path.partition("?")[2].encode()), match
            )
        told_headers = {name.decode(): value.decode() for name, value in given.headers}
        return Reply(given.status, told_headers, given.body)


def gate_reader(device_id: int) -> GateReader:
    """Return a reader as the gate knows it."""
    [one] = [d for d in agencies.devices_for_gate() if d.device_id == device_id]
    return GateReader(
        one.device_id,
        one.code,
        one.agency,
        one.service,
        one.issuer,
        one.number_kind,
        True,
        one.key_hash,
    )


def city_key(now: dt.datetime) -> Key:
    """Return the city's key as a reader is enrolled with it."""
    signer = signers(now=now)[-1]
    return Key(signer.kid, signer.public, signer.until)


def reader(
    line: Line, *, now: Now, key: Key, path: Path | str = ":memory:", epoch: int = 1
) -> tuple[Reader, Offline, Journal]:
    """Return a reference reader at the end of a line."""
    offline = Offline(path, service=line.reader.service, key=key, now=now, zone=ZONE)
    journal = Journal(":memory:" if path == ":memory:" else f"{path}.journal")
    made = Reader(
        gate="",
        code=line.reader.code,
        key="",
        journal=journal,
        epoch=epoch,
        offline=offline,
        issuer=line.reader.issuer,
        number_kind=line.reader.number_kind,
        transport=line,
        now=now,
    )
    return made, offline, journal
