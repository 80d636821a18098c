"""The line: who stands at a door is not held up by a backlog, and backlogs take turns."""

import threading
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from citycard.portals.gate.waiting import MANY, SHORT, Line
from tests.harness.patience import PATIENCE_S


class Waits(NamedTuple):
    reader: int
    reads: range
    n: int = 0


def waiting(*uploads: tuple[int, int]) -> Line[Waits]:
    line: Line[Waits] = Line()
    for n, (reader, size) in enumerate(uploads):
        line.add(Waits(reader, range(size), n))
    return line


def test_a_short_upload_is_in_the_next_batch_however_much_waits() -> None:
    line = waiting(*[(1, 500)] * 10, (2, 1))
    assert 2 in {upload.reader for upload in line.take(1_000)}


def test_backlogs_take_turns() -> None:
    line = waiting(*[(1, 400)] * 5, (2, 400), (3, 400))
    batches = [[upload.reader for upload in line.take(1_000)] for _ in range(4)]
    assert batches == [[1, 2], [3, 1], [1, 1], [1]]


def test_short_uploads_leave_half_a_batch_to_backlogs() -> None:
    line = waiting(*[(n, 1) for n in range(2_000)], (9_999, 500))
    batch = line.take(1_000)
    assert sum(len(upload.reads) for upload in batch) == 1_000
    assert 9_999 in {upload.reader for upload in batch}


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 500)), max_size=40))
def test_every_upload_is_taken_once_whole_and_a_reader_s_in_order(
    uploads: list[tuple[int, int]],
) -> None:
    line = waiting(*uploads)
    taken: list[Waits] = []
    while batch := line.take(1_000):
        assert sum(len(upload.reads) for upload in batch) <= 1_000
        taken += batch
    assert len(line) == 0
    assert sorted(upload.n for upload in taken) == list(range(len(uploads)))
    for reader in range(1, 6):
        for large in (False, True):
            mine = [
                upload.n
                for upload in taken
                if upload.reader == reader and (len(upload.reads) > SHORT) == large
            ]
            assert mine == sorted(mine)


def test_a_closed_line_gives_what_waits_and_then_ends() -> None:
    line = waiting((1, 1))
    line.close()
    assert line.wait()
    assert len(line.take(10)) == 1
    assert not line.wait()


def test_a_helper_gathers_when_many_wait_and_nobody_else_does() -> None:
    line = waiting((1, 1))
    helped = threading.Event()

    def help_out() -> None:
        if line.wait(helping=True):
            helped.set()

    threading.Thread(target=help_out, daemon=True).start()
    assert line.wait()
    for n in range(MANY + 1):
        line.add(Waits(n, range(1)))
    assert not helped.wait(0.05)
    assert len(line.take(1)) == 1
    assert helped.wait(PATIENCE_S)


def test_the_last_that_a_helper_takes_ends_who_waits_for_more() -> None:
    line = waiting(*[(n, 1) for n in range(MANY)])
    assert line.wait(helping=True)
    ended = threading.Event()

    def write() -> None:
        if not line.wait():
            ended.set()

    threading.Thread(target=write, daemon=True).start()
    line.close()
    assert not ended.wait(0.05)
    assert len(line.take(1_000)) == MANY
    assert ended.wait(PATIENCE_S)
