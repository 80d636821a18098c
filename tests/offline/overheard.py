"""Lines on which everything is overheard, and what must never be said on them (MISSION X11)."""

import base64
import contextlib
import json
import re
import socket
import threading
from typing import Protocol

from citycard.infra import clock
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people
from tests.harness.cities import City
from tests.taps.test_paying import senior
from tests.taps.town import Town, id_number

FIRST_MEMBER = 918_273_645
"""Members are numbered from here: a number that nothing else has by chance."""

PHONE, MAIL, STREET = "0912345678", "who@example.test", "桃園區中正路100號"


class Overheard:
    """A line to a server on which everything is overheard, both ways."""

    def __init__(self, port: int) -> None:
        self.behind = port
        self.said: list[bytearray] = []
        self.answered: list[bytearray] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def port(self) -> int:
        """Where to speak to the server."""
        return int(self.server.getsockname()[1])

    @property
    def address(self) -> str:
        """The same for a program that speaks HTTP."""
        return f"http://127.0.0.1:{self.port}"

    def _listen(self) -> None:
        while True:
            try:
                ours, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(ours,), daemon=True).start()

    def _carry(self, ours: socket.socket) -> None:
        with ours, socket.create_connection(("127.0.0.1", self.behind)) as theirs:
            self.said.append(bytearray())
            self.answered.append(bytearray())
            answers = (theirs, ours, self.answered[-1])
            back = threading.Thread(target=self._pass_on, args=answers, daemon=True)
            back.start()
            self._pass_on(ours, theirs, self.said[-1])
            back.join()

    def _pass_on(self, one: socket.socket, other: socket.socket, kept: bytearray) -> None:
        """Until one side has said all it will; each is closed only when both have."""
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                kept += data
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Take no more calls."""
        self.server.close()

    def to_server(self) -> bytes:
        """Return all that was said to the server."""
        return b"".join(self.said)

    def from_server(self) -> bytes:
        """Return all that the server said."""
        return b"".join(self.answered)

    def everything(self) -> bytes:
        """Return all bytes, those of each direction together."""
        return self.to_server() + self.from_server()

    def bodies(self, kind: bytes) -> list[bytes]:
        """Return the bodies of HTTP answers whose content type has some text in it."""
        found = []
        for stream in self.answered:
            at = 0
            while (end := stream.find(b"\r\n\r\n", at)) > 0:
                head = bytes(stream[at:end]).lower()
                length = int((re.findall(rb"content-length: (\d+)", head) or [b"0"])[0])
                if any(kind in one for one in re.findall(rb"content-type: ([^\r]*)", head)):
                    found.append(bytes(stream[end + 4 : end + 4 + length]))
                at = end + 4 + length
        return found


class Server(Protocol):
    """What listens at a port."""

    async def start(self, host: str, port: int) -> int: ...

    async def stop(self) -> None: ...


class BehindALine:
    """A server that is reached over an overheard line alone."""

    line: Overheard

    def __init__(self, server: Server) -> None:
        self._server = server

    async def start(self, host: str, port: int) -> int:
        """Start it; returns the line's port."""
        self.line = Overheard(await self._server.start(host, port))
        return self.line.port

    async def stop(self) -> None:
        """Stop both."""
        self.line.close()
        await self._server.stop()


def people_of(city: City, town: Town, count: int = 6) -> list[int]:
    """Enrol people of whom the city knows much, with the right to a concession."""
    city.database.owner_sql(f"ALTER SEQUENCE people_member_id_seq RESTART {FIRST_MEMBER}")
    members = senior(town, count)
    with unit_of_work():
        for member in members:
            contact = people.Contact(email=MAIL, phone=PHONE, address=STREET)
            people.change_contact(member_id=member, contact=contact, actor=SYSTEM, now=clock.now())
    return members


def names_in(told: object) -> set[str]:
    """Return the names of all fields of an answer, at any depth."""
    if isinstance(told, dict):
        return set(told) | {name for value in told.values() for name in names_in(value)}
    if isinstance(told, list):
        return {name for value in told for name in names_in(value)}
    return set()


def assert_says_nothing_of_anybody(said: bytes, *besides: str) -> None:
    """Fail if bytes hold something of a person, in any form in which it may stand there.

    :param besides: what else must not be there, such as another agency's number
    """
    assert said, "nothing was overheard"
    for text in personal() | set(besides):
        for form in _forms(text):
            assert form not in said, f"{text} went over the line"


def personal() -> set[str]:
    """Return what the city knows of its people."""
    known = rows("SELECT id, name, birth_on, public_id::text AS handle FROM people_member")
    assert known
    assert min(one.id for one in known) >= FIRST_MEMBER
    words = {PHONE, MAIL, STREET, "桃園區中正路", "中正路", "address", "birth", "林測試"}
    for n, one in enumerate(known, start=1):
        birth = one.birth_on
        words |= {one.name, str(one.id), one.handle, id_number(n)}
        words |= {birth.isoformat(), f"{birth:%Y%m%d}", f"{birth:%Y/%m/%d}"}
        words |= {f"{birth.year - 1911}/{birth:%m/%d}", f"{birth.year - 1911:03d}{birth:%m%d}"}
    return words


def _forms(text: str) -> set[bytes]:
    """Return how a text may stand among bytes."""
    plain = text.encode()
    escaped = json.dumps(text).strip('"').encode()
    return {plain, escaped, base64.b64encode(plain).rstrip(b"=")[:-1], plain.hex().encode()}
