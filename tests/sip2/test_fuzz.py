"""Broken, chopped, hostile bytes on both sides: no crash, and no number crosses the door."""

import random
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from citycard.flows.scanning import Scanned
from citycard.portals.sip2 import messages
from tests.harness.patience import wait_until
from tests.sip2.desk import KnownPatrons, Loop, ScriptedLibrary, Terminal, proxied
from tests.sip2.test_messages import signed
from tests.sip2.test_proxy import BLOCKED, CARD, OWN, echoing, loan, status

TERMINALS = 8
SEEDS = (b"9300CNme|COpw|\r", b"9900802.00\r", b"97\r", b"\r", b"\r\n", status(CARD), loan(CARD))


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    found = Loop()
    yield found
    found.end()


def mutated(chance: random.Random, message: bytes) -> bytes:
    """A message with some bytes changed, cut, doubled or moved, but for the number itself."""
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(message) + 1)
        piece = bytes(chance.randrange(256) for _ in range(chance.randrange(4)))
        message = chance.choice(
            (
                message[:at] + piece + message[at:],
                message[:at] + message[at + chance.randrange(5) :],
                message + message[at:],
                message[at:] + message[:at],
                message.replace(b"|", piece, 1),
            )
        )
    return message


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_no_crash_and_no_leak(loop: Loop, seed: int) -> None:
    chance = random.Random(seed)
    known = {
        CARD.decode(): Scanned("converted", OWN.decode()),
        BLOCKED.decode(): Scanned("refused", why="blocked"),
    }

    def hostile(line: bytes) -> bytes | None:
        if chance.random() < 0.02:
            return None
        good = echoing(line)
        return good if chance.random() < 0.5 else mutated(chance, good)

    library = ScriptedLibrary(hostile)
    heard = b""
    with (
        capture_logs() as logs,
        proxied(library, KnownPatrons(known), loop=loop, within_s=0.1) as port,
    ):
        for _ in range(TERMINALS):
            heard += _one_terminal(chance, port)
        library.answer = echoing
        wait_until(lambda: _is_served(port), what="the rest after the library hung up to end")
    assert not [one for one in logs if one["log_level"] in ("error", "critical")]
    said = repr(logs).encode()
    assert not any(number in said for number in (CARD, OWN, BLOCKED))
    for line in library.heard.split(b"\r"):
        for field in messages.patron_fields(line):
            whole = messages.value_of(line, field) == CARD
            assert not whole or len(messages.patron_fields(line)) > 1 or line[:2] not in _SWAPPED
    for line in heard.split(b"\r"):
        fields = messages.patron_fields(line)
        if len(fields) == 1 and line[:2] in (b"24", b"12"):
            assert messages.value_of(line, fields[0]) != OWN


def _is_served(port: int) -> bool:
    terminal = Terminal(port)
    try:
        return terminal.ask(signed(b"9300CNme|COpw|") + b"\r")[:3] == b"941" and terminal.ask(
            status(CARD)
        ) == echoing(status(CARD)[:-1])
    finally:
        terminal.close()


_SWAPPED = (b"23", b"11")


def _one_terminal(chance: random.Random, port: int) -> bytes:
    """Send a few broken messages in broken pieces; returns what was answered."""
    terminal = Terminal(port)
    terminal.line.settimeout(0.3)
    stream = b"".join(mutated(chance, chance.choice(SEEDS)) for _ in range(6)) + b"\r"
    answered = b""
    try:
        while stream:
            size = chance.randrange(1, 40)
            terminal.send(stream[:size])
            stream = stream[size:]
        while data := terminal.line.recv(4096):
            answered += data
    except (TimeoutError, OSError):
        pass
    terminal.close()
    return answered
