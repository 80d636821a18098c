"""Who a reader is, when the table of readers can't be read."""

import time
from collections.abc import Iterable

import pytest

from citycard.infra.crypto import hash_token
from citycard.portals.gate.problems import GateProblem
from citycard.portals.gate.readers import UNSURE_S, Reader, ReaderTable

KNOWN = Reader(1, "R1", "doit", "activity", "easycard", "printed", True, hash_token("key"))


def status(table: ReaderTable, header: bytes) -> int:
    try:
        table.authenticate(header)
    except GateProblem as problem:
        return problem.status
    return 200


def test_a_gate_that_never_reached_the_city_turns_no_reader_away_for_good() -> None:
    def away() -> Iterable[Reader]:
        raise OSError("no route")

    table = ReaderTable(away)
    table.start()
    try:
        assert status(table, b"Reader R1:key") == 503
        assert status(table, b"Bearer R1:key") == 401
    finally:
        table.stop()


def test_an_old_table_still_knows_whom_it_knew(monkeypatch: pytest.MonkeyPatch) -> None:
    table = ReaderTable(lambda: [KNOWN])
    table.start()
    table.stop()
    assert status(table, b"Reader R2:key") == 401
    later = time.monotonic() + UNSURE_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert status(table, b"Reader R1:key") == 200
    assert status(table, b"Reader R2:key") == 503


def test_what_was_proven_while_the_table_changed_is_proven_for_that_one_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readers = [KNOWN]
    table = ReaderTable(lambda: readers)
    table._refresh()

    def meanwhile(token: str) -> bytes:
        readers[:] = [KNOWN._replace(active=False)]
        table._refresh()
        return hash_token(token)

    with monkeypatch.context() as patched:
        patched.setattr("citycard.portals.gate.readers.hash_token", meanwhile)
        assert status(table, b"Reader R1:key") == 200
    assert status(table, b"Reader R1:key") == 403
