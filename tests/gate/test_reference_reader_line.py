"""The reference reader's line over HTTP: a line that was hung up in a quiet spell costs no tap."""

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

from citycard_reader import Journal, Reader, Unreachable
from citycard_reader.transport import CutOff, Http

AT = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
NUMBER = "1234567890123452"
BODY = b'{"code": "accepted", "points": 0}'
TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
LAST = TAKEN.replace(b"Content-Length", b"Connection: close\r\nContent-Length")
BUSY = b"HTTP/1.1 503 Busy\r\nretry-after: 7\r\nContent-Length: 0\r\n\r\n"
HANGS_UP = b""


class Server:
    """Answers each line once and hangs up without a word, as one does that tires of silence.

    :ivar lines: how many there were
    """

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.lines = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        for answer in self.answers:
            line, _ = self.socket.accept()
            self.lines += 1
            with line, line.makefile("rb") as said:
                if answer != HANGS_UP:
                    _hear(said)
                line.sendall(answer)
        self.socket.close()

    def ended(self) -> None:
        """Wait until it has answered for the last time."""
        self.thread.join(timeout=60)
        assert not self.thread.is_alive()


def _hear(said: IO[bytes]) -> None:
    """Read a request to its end."""
    length = 0
    while header := said.readline().strip():
        name, _, value = header.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    said.read(length)


@contextmanager
def line(server: Server) -> Iterator[Http]:
    http = Http(server.address)
    try:
        yield http
    finally:
        http.close()


def ask(http: Http) -> int:
    return http.send("GET", "/snapshot", {}).status


def test_what_meets_a_dead_line_is_sent_again_on_a_new_one() -> None:
    server = Server(TAKEN, TAKEN, TAKEN)
    with line(server) as http:
        assert [ask(http) for _ in range(3)] == [200] * 3
    assert server.lines == 3


def test_the_first_tap_after_a_quiet_spell_is_answered() -> None:
    server = Server(TAKEN, TAKEN)
    journal = Journal(":memory:")
    with Reader(gate=server.address, code="R-1", key="k", journal=journal, now=lambda: AT) as made:
        told = [made.tap(NUMBER) for _ in range(2)]
    assert [answer and answer.code for answer in told] == ["accepted"] * 2
    assert journal.waiting() == []


def test_a_new_line_that_is_hung_up_on_is_not_tried_again() -> None:
    server = Server(HANGS_UP, TAKEN)
    with line(server) as http:
        with pytest.raises(CutOff) as cut:
            ask(http)
        assert (server.lines, cut.value.nothing_sent) == (1, False)
        assert ask(http) == 200


def test_what_was_sent_on_a_dead_line_may_have_come_even_if_there_is_no_other() -> None:
    server = Server(TAKEN)
    with line(server) as http:
        assert ask(http) == 200
        server.ended()
        with pytest.raises(CutOff) as cut:
            ask(http)
    assert not cut.value.nothing_sent


def test_a_line_that_ended_with_its_answer_is_none() -> None:
    server = Server(LAST)
    with line(server) as http:
        assert ask(http) == 200
        server.ended()
        with pytest.raises(CutOff) as cut:
            http.reach()
    assert cut.value.nothing_sent


def test_a_reader_comes_back_when_it_is_told_to() -> None:
    server = Server(BUSY)
    journal = Journal(":memory:")
    journal.note(NUMBER, epoch=1, at=AT)
    made = Reader(gate=server.address, code="R-1", key="k", journal=journal, now=lambda: AT)
    with made, pytest.raises(Unreachable) as away:
        made.upload()
    assert away.value.retry_after_s == 7
