"""Columns in and out of PostgreSQL as they lie in memory, without an object a value.

An array of numbers of one size without NULLs is a header and evenly spaced values, and so is a row
that COPY takes: numpy reads and writes both at once. Statements take columns as arrays and give
columns back as arrays (``array_agg``), NULL written as a number by whoever asks.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection
from psycopg.adapt import Dumper
from psycopg.pq import Format

from citycard.infra.database import array_literal

Numbers = npt.NDArray[Any]

US_TO_2000 = 946_684_800_000_000
DAYS_TO_2000 = 10_957


class Kind(NamedTuple):
    """A type of PostgreSQL's: its number, its arrays' number, and how a value lies in memory."""

    oid: int
    array_oid: int
    form: str


INT8 = Kind(20, 1016, ">i8")
INT4 = Kind(23, 1007, ">i4")
INT2 = Kind(21, 1005, ">i2")
BOOL = Kind(16, 1000, ">i1")
DATE = Kind(1082, 1182, ">i4")
"""Days since 2000; ``days_2000`` counts them from those since 1970."""
INSTANT = Kind(1184, 1185, ">i8")
"""Microseconds since 2000 in UTC; ``us_2000`` counts them from those since 1970."""
UUID = Kind(2950, 2951, "V16")


TEXT = "text"


def us_2000(at_us: Numbers) -> Numbers:
    """Return instants since 1970 as PostgreSQL keeps them."""
    return at_us - US_TO_2000


def days_2000(days: Numbers) -> Numbers:
    """Return days since 1970 as PostgreSQL keeps them."""
    return days - DAYS_TO_2000


class _Array:
    """An array as it goes over the wire."""

    __slots__ = ("sent",)

    def __init__(self, sent: bytes) -> None:
        self.sent = sent


def _sender(kind: Kind) -> type[_Array]:
    sort = type("Array", (_Array,), {"__slots__": ()})

    class ArrayDumper(Dumper):
        format = Format.BINARY
        oid = kind.array_oid

        def dump(self, obj: Any) -> bytes:
            sent: bytes = obj.sent
            return sent

    psycopg.adapters.register_dumper(sort, ArrayDumper)
    return sort


_SENDERS = {kind: _sender(kind) for kind in (INT8, INT4, INT2, BOOL, DATE, INSTANT, UUID)}


@functools.cache
def _spaced(form: str) -> np.dtype[Any]:
    return np.dtype([("length", ">i4"), ("value", form)])


def array(kind: Kind, values: Numbers) -> Any:
    """Return a column as a parameter of a statement."""
    sent = np.empty(len(values), _spaced(kind.form))
    sent["length"] = sent.dtype["value"].itemsize
    sent["value"] = values
    head = np.array([1, 0, kind.oid, len(values), 1], ">i4").tobytes()
    return _SENDERS[kind](head + sent.tobytes())


def ask(sql: str, parameters: Mapping[str, Any], forms: Sequence[str]) -> list[Any]:
    """Run a statement that is kept prepared and whose one row is arrays of numbers and texts.

    :param forms: how each array's numbers lie in memory, such as ``>i8``, or ``TEXT``
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        if connection.connection.prepare_threshold is None:
            connection.connection.prepare_threshold = 2
        text, names = _numbered(sql)
        with psycopg.RawCursor(connection.connection) as cursor:
            cursor.execute(text, [_bound(parameters[name]) for name in names], binary=True)
            found = cursor.pgresult
            assert found is not None, "a statement has a result"
            return [_column(found.get_value(0, i), form) for i, form in enumerate(forms)]


@functools.cache
def _numbered(sql: str) -> tuple[bytes, list[str]]:
    """Return a statement with its parameters by number, and their names in that order: a long one
    is not taken apart each time."""
    names = list(dict.fromkeys(_NAMED.findall(sql)))
    return _NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", sql).encode(), names


_NAMED = re.compile(r"%\((\w+)\)s")


def _bound(value: Any) -> Any:
    return array_literal(value) if type(value) is list else value


def _column(sent: Any, form: str) -> Any:
    if form == TEXT:
        return (sent or b"").decode()
    if not sent or len(sent) <= 12:  # NULL or no elements
        return np.empty(0, form[1:])
    return np.frombuffer(sent, _spaced(form), offset=20)["value"].astype(form[1:])


class Column(NamedTuple):
    """A column of rows to add.

    :ivar values: numbers; or bytes of a text each (numpy's ``S``)
    :ivar missing: where it is NULL; None: nowhere
    """

    name: str
    kind: Kind | None
    values: Numbers
    missing: npt.NDArray[np.bool_] | None = None


def add_rows(table: str, columns: Sequence[Column]) -> None:
    """Add rows to a table by COPY; rows that lack the same values go together."""
    if not len(columns[0].values):
        return
    forms = [_form(column) for column in columns]
    names = ", ".join(column.name for column in columns)
    into = f"COPY {table} ({names}) FROM STDIN (FORMAT binary)".encode()
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection) as cursor,
        cursor.copy(into) as copy,
    ):
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for places, shape in _alike(forms):
            copy.write(_rows(columns, shape, places))
        copy.write(b"\xff\xff")


def _form(column: Column) -> tuple[Numbers | None, Sequence[str]]:
    """Return each row's form of a value by number (None: all are alike), and the forms; an empty
    form is NULL."""
    if column.kind is not None:
        if column.missing is None or not column.missing.any():
            return None, (column.kind.form,)
        return (None, ("",)) if column.missing.all() else (column.missing, (column.kind.form, ""))
    sizes = np.strings.str_len(column.values)
    longest = int(sizes.max())
    if int(sizes.min()) == longest:
        return None, (f"S{longest}",)
    return sizes, [f"S{size}" for size in range(longest + 1)]


def _alike(
    forms: Sequence[tuple[Numbers | None, Sequence[str]]],
) -> list[tuple[Numbers | None, tuple[str, ...]]]:
    """Return the rows of each shape: their places (None: all of them) and the forms."""
    fixed = [named[0] for _, named in forms]
    mixed = [(n, which, named) for n, (which, named) in enumerate(forms) if which is not None]
    if not mixed:
        return [(None, tuple(fixed))]
    key: Any = np.zeros(len(mixed[0][1]), np.int64)
    for _, which, named in mixed:
        key = key * len(named) + which
    found: list[tuple[Numbers | None, tuple[str, ...]]] = []
    for one in np.unique(key):
        shape, rest = list(fixed), int(one)
        for n, _, named in reversed(mixed):
            rest, form = divmod(rest, len(named))
            shape[n] = named[form]
        found.append((np.flatnonzero(key == one), tuple(shape)))
    return found


def _rows(columns: Sequence[Column], shape: tuple[str, ...], places: Numbers | None) -> bytes:
    empty = _empty(shape)
    count = len(columns[0].values) if places is None else len(places)
    rows = np.full(count, empty)
    for n, (column, form) in enumerate(zip(columns, shape, strict=True)):
        if form and form != "S0":
            rows[f"v{n}"] = column.values if places is None else column.values[places]
    return rows.tobytes()


@functools.lru_cache(maxsize=256)
def _empty(shape: tuple[str, ...]) -> Any:
    """Return a row that says how long each of its values is, and none of them."""
    fields: list[Any] = [("columns", ">i2")]
    for n, form in enumerate(shape):
        fields.append((f"l{n}", ">i4"))
        if form and form != "S0":
            fields.append((f"v{n}", form))
    row = np.zeros(1, np.dtype(fields))
    row["columns"] = len(shape)
    for n, form in enumerate(shape):
        row[f"l{n}"] = np.dtype(form).itemsize if form and form != "S0" else -1 if not form else 0
    return row[0]
