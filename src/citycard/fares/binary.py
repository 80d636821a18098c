"""Rows of whole numbers in and out of PostgreSQL as columns, without an object a value.

PostgreSQL's binary form has a fixed length a row where every column has one and none is NULL, so a
table of rows is one buffer that numpy reads and writes as it lies.
"""

import contextlib
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection

from citycard.infra.columns import INT8, array
from citycard.infra.database import array_literal

Table = npt.NDArray[np.void]

_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
MICROSECONDS_TO_2000 = 946_684_800_000_000
DAYS_TO_2000 = 10_957


class Shape(NamedTuple):
    """Columns of a row with their types: ``i8``, ``i4`` or ``i2``; an instant is microseconds since
    2000 (``i8``), a day is days since then (``i4``), and ``i8*n`` an array of n numbers
    (none: NULL).
    """

    columns: tuple[tuple[str, str], ...]

    @property
    def plain(self) -> np.dtype[Any]:
        """Return the rows as the program has them."""
        return np.dtype([_plain(name, kind) for name, kind in self.columns])

    @property
    def wire(self) -> np.dtype[Any]:
        """Return the rows as COPY takes them: each column after its length."""
        fields: list[Any] = [("#", ">i2")]
        for name, kind in self.columns:
            fields += [(f"#{name}", ">i4"), *_sent(name, kind)]
        return np.dtype(fields)

    @property
    def record(self) -> np.dtype[Any]:
        """Return the rows as ``record_send`` gives them: each column after its type and length."""
        fields: list[Any] = [("#", ">i4")]
        for name, kind in self.columns:
            fields += [(f"#{name}", ">i4", (2,)), *_sent(name, kind)]
        return np.dtype(fields)


def read(query: str, params: Mapping[str, Any], shape: Shape) -> Table:
    """Run a SELECT whose columns are those of a shape, none NULL, and return its rows.

    The server hands all rows over as one value (of 1 GB at most: four million rows of readings), as
    a message a row would cost more than the row.

    :param params: by name; a column goes over as it lies in memory, as an array of ``bigint``
    """
    whole, names = _numbered(query)
    with _cursor(psycopg.RawCursor) as cursor:
        cursor.execute(whole, [_bound(params[name]) for name in names], binary=True)
        [(sent,)] = cursor.fetchall()
    rows = np.frombuffer(sent or b"", shape.record)
    found = np.empty(len(rows), shape.plain)
    for name, kind in shape.columns:
        found[name] = rows[name]["value"] if "*" in kind else rows[name]
    return found


@functools.cache
def _numbered(query: str) -> tuple[bytes, list[str]]:
    """Return a SELECT whose rows are one value, its parameters by number, and their names."""
    names = list(dict.fromkeys(_NAMED.findall(query)))
    asked = _NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", query)
    whole = f"SELECT string_agg(record_send(r), ''::bytea) FROM ({asked}) AS r"  # noqa: S608 - ours
    return whole.encode(), names


_NAMED = re.compile(r"%\((\w+)\)s")


def write(table: str, parts: Iterable[tuple[Table, Shape]]) -> None:
    """Add rows to a table; the shapes name the same columns, and an array of no values is NULL."""
    names, copy = "", None
    with contextlib.ExitStack() as open_:
        for rows, shape in parts:
            if copy is None:
                names = ", ".join(name for name, _ in shape.columns)
                into = f"COPY {table} ({names}) FROM STDIN (FORMAT binary)".encode()
                copy = open_.enter_context(open_.enter_context(_cursor(psycopg.Cursor)).copy(into))
                copy.write(_HEAD)
            copy.write(_as_sent(rows, shape))
        if copy is not None:
            copy.write(_END)


def _as_sent(rows: Table, shape: Shape) -> Any:
    sent = np.full(len(rows), _lengths(shape))
    for name, kind in shape.columns:
        if "*" not in kind:
            sent[name] = rows[name]
        elif not kind.endswith("*0"):
            sent[name]["value"] = rows[name]
    return sent.view(np.uint8).data


@contextlib.contextmanager
def _cursor(kind: Any) -> Iterator[Any]:
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, kind(connection.connection) as cursor:
        yield cursor


def _bound(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return array(INT8, value)
    return array_literal(value) if type(value) is list else value


def _plain(name: str, kind: str) -> tuple[Any, ...]:
    number, _, many = kind.partition("*")
    return (name, number, (int(many),)) if many else (name, number)


def _sent(name: str, kind: str) -> Sequence[Any]:
    number, _, many = kind.partition("*")
    if not many:
        return [(name, f">{number}")]
    if many == "0":
        return []
    # an array: dimensions, whether it has NULLs, its elements' type, length, first place, elements
    element = np.dtype([("length", ">i4"), ("value", f">{number}")])
    return [(f"@{name}", ">i4", (5,)), (name, element, (int(many),))]


_TYPES = {"i8": 20, "i4": 23, "i2": 21}


def _lengths(shape: Shape) -> Any:
    """Return a row that says how long each of its values is, and none of them."""
    row = np.zeros(1, shape.wire)
    row["#"] = len(shape.columns)
    for name, kind in shape.columns:
        number, _, many = kind.partition("*")
        size = np.dtype(number).itemsize
        row[f"#{name}"] = size if not many else 20 + int(many) * (4 + size) if many != "0" else -1
        if many and many != "0":
            row[f"@{name}"] = (1, 0, _TYPES[number], int(many), 1)
            row[name]["length"] = size
    return row[0]
