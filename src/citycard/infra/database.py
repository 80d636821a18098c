"""Thin, typed access to SQL for set-based work, and the names of the two database roles."""

import datetime as dt
import functools
import re
import uuid
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from citycard.kernel.errors import Refused

APP_ROLE = "citycard_app"
"""The application's role: reads and writes rows, owns nothing."""

Parameters = Mapping[str, Any] | Sequence[Any] | None


def rows(sql: str, params: Parameters = None, *, prepare: bool = False) -> list[Any]:
    """Run a statement and return its rows as named tuples.

    :param prepare: keep the statement prepared on the server; for those that every tap runs. Each
        parameter is then bound by the server, so its type must be plain from the statement
    """
    with _cursor(prepare) as cursor:
        cursor.execute(sql, _bound(params))
        found = cursor.pgresult
        shape = _shape(tuple([found.fname(n) for n in range(found.nfields)]))
        return list(map(shape._make, cursor.fetchall()))


def row(sql: str, params: Parameters = None) -> Any | None:
    """Run a statement and return its only row, or None."""
    found = rows(sql, params)
    assert len(found) <= 1, "a statement for one row returned several"
    return found[0] if found else None


def scalar(sql: str, params: Parameters = None) -> Any:
    """Run a statement and return the first column of its first row, or None."""
    with connection.cursor() as cursor:
        cursor.execute(sql, _bound(params))
        found = cursor.fetchone()
    return found[0] if found else None


def execute(sql: str, params: Parameters = None, *, prepare: bool = False) -> int:
    """Run a statement and return how many rows it touched.

    :param prepare: as for ``rows``
    """
    with _cursor(prepare) as cursor:
        cursor.execute(sql, _bound(params))
        return int(cursor.rowcount)


@contextmanager
def _cursor(prepare: bool) -> Iterator[Any]:
    """Have Django's cursor, which binds on this side, or psycopg's own, which can prepare."""
    if not prepare:
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        if connection.connection.prepare_threshold is None:
            connection.connection.prepare_threshold = _PREPARE_AFTER
        with psycopg.Cursor(connection.connection) as cursor:
            yield cursor


def _bound(params: Parameters) -> Parameters:
    """Return parameters with lists written as array literals, which psycopg does item by item."""
    if params is None:
        return None
    if isinstance(params, Mapping):
        return {k: array_literal(v) if type(v) is list else v for k, v in params.items()}
    return [array_literal(v) if type(v) is list else v for v in params]


def array_literal(values: list[Any]) -> str | list[Any]:
    """Return a list of one simple type as PostgreSQL reads an array; any other list as it is."""
    kinds = set(map(type, values))
    some_null = type(None) in kinds
    kinds.discard(type(None))
    if not kinds <= _WRITTEN.keys() or len(kinds) > 1:
        return values
    write = _WRITTEN[kinds.pop()] if kinds else str
    if some_null:
        return "{" + ",".join(["NULL" if v is None else write(v) for v in values]) + "}"
    return "{" + ",".join(map(write, values)) + "}"


def _quoted(text: str) -> str:
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


_PREPARE_AFTER = 2
_WRITTEN: dict[type, Callable[[Any], str]] = {
    int: str,
    str: _quoted,
    bool: lambda value: "t" if value else "f",
    dt.date: dt.date.isoformat,
    dt.datetime: dt.datetime.isoformat,
    uuid.UUID: lambda value: f"{value.int:032x}",
    bytes: lambda value: f'"\\\\x{value.hex()}"',
}


class TakesTooLong(Refused):
    """This takes too long at the moment, so it was stopped and nothing was changed; please try
    again in a minute."""

    code = "infra.takes_too_long"
    http_status = 503


_CUT = "57014"
_MET = frozenset({"40P01", "40001"})  # a deadlock, a serialization failure
_WAITED = frozenset({_CUT, "55P03", "25P03"})  # a statement, a wait for a lock, an idle transaction


def is_unreachable(error: BaseException) -> bool:
    """Tell whether an error means that the database went away or met another's change, not that a
    statement is wrong: what was tried may be tried again."""
    return isinstance(error, InterfaceError | OperationalError) and _state(error) != _CUT


def is_too_slow(error: BaseException) -> bool:
    """Tell whether the database gave up after this process's limits of time."""
    return isinstance(error, DatabaseError) and _state(error) in _WAITED


def met_another(error: BaseException) -> bool:
    """Tell whether the database took everything back because another's change stood in the way."""
    return isinstance(error, DatabaseError) and _state(error) in _MET


def _state(error: BaseException) -> str:
    return str(getattr(error.__cause__, "sqlstate", None) or "")


def allow_seconds(seconds: int) -> None:
    """Let each statement of the open unit of work run so long: for what is known to take its time
    at a door.
    """
    execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])


def give_back_connection() -> None:
    """Give this thread's connection back: for threads that no request ends."""
    connection.close()


@contextmanager
def durable_at_the_end() -> Iterator[None]:
    """Let commits of this thread's connection not wait for the disk, but wait for all of them at
    the end: for what is begun anew when it was interrupted.
    """
    execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        execute("SET synchronous_commit = on")
        # A commit that writes and waits, waits for everything that was written before it.
        execute("CREATE TEMPORARY TABLE infra_waited ()")
        execute("DROP TABLE infra_waited")


@functools.cache
def statement(module_file: str, name: str) -> str:
    """Return the SQL kept beside a module in ``sql/<name>.sql``.

    :param module_file: the caller's ``__file__``
    """
    return (Path(module_file).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


@functools.lru_cache(maxsize=512)
def _shape(columns: tuple[bytes, ...]) -> Any:
    return namedtuple("Row", [re.sub(r"\W|^(?=\d)", "_", name.decode()) for name in columns])
