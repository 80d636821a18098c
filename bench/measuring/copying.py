"""The limit of whatever stores rows: a bare COPY of the same rows into a table like theirs.

One COPY is the limit that figures are held against, the better of two: a single one varies. Two at
once, each with half of the rows, is what the server and two cores can take in at most; how much of
that is reached is a figure of its own.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from bench.measuring.city import BenchCity

AT_ONCE = 2
_RUNS = 2


@dataclass(frozen=True, kw_only=True)
class Copied:
    """Rows a second that went into the table: by one COPY, and by two at once."""

    one: float
    two: float

    def __str__(self) -> str:
        return f"a bare COPY {self.one:,.0f}/s (two at once, half each: {self.two:,.0f}/s)"


def copied(city: BenchCity, *, halves: Sequence[str], into: str) -> Copied:
    """COPY rows into an empty table: all by one connection, twice, then half by each of two.

    :param halves: two queries; together they give the rows
    """
    parts = [_taken(city, query) for query in halves]
    whole = b"".join((parts[0][:-2], parts[1][_HEADER:]))
    one = max(_rate(city, [whole], into) for _ in range(_RUNS))
    return Copied(one=one, two=_rate(city, parts, into))


_HEADER = 19  # a binary COPY begins with a signature, flags and the length of an extension: none


def _taken(city: BenchCity, query: str) -> bytes:
    with (
        psycopg.connect(city.cluster.owner_url()) as connection,
        connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()) as out,
    ):
        return b"".join(out)


def _rate(city: BenchCity, parts: Sequence[bytes], into: str) -> float:
    city.owner_sql(f"TRUNCATE {into}")
    city.owner_sql_alone("CHECKPOINT")
    threads = [threading.Thread(target=_put, args=(city, part, into)) for part in parts]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    s = time.perf_counter() - began
    return int(city.owner_sql(f"SELECT count(*) FROM {into}")[0][0]) / s


def _put(city: BenchCity, part: bytes, into: str) -> None:
    with (
        psycopg.connect(city.cluster.owner_url()) as connection,
        connection.cursor().copy(f"COPY {into} FROM STDIN (FORMAT binary)".encode()) as copy,
    ):
        copy.write(part)
