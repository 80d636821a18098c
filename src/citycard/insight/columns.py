"""Columns of numbers between the database and numpy: whole values as bytes, no object a row."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection

from citycard.infra.database import array_literal

Ints = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
Records = npt.NDArray[Any]


def binary_rows(sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement that is kept prepared and whose values travel as they are, so that bytes need
    no reading."""
    bound = {k: array_literal(v) if isinstance(v, list) else v for k, v in params.items()}
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with (
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection) as cursor,
    ):
        cursor.execute(sql.encode(), bound, binary=True, prepare=True)
        return cursor.fetchall() if cursor.description else []


def joined(parts: list[bytes], kind: npt.DTypeLike) -> Records:
    """Read numbers or records of one kind from pieces of bytes, in order."""
    return np.frombuffer(b"".join(parts), dtype=kind)
