"""Codes that devices say, and their numbers: rows of millions keep a number instead of a text."""

import functools
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from django.db import connection

from citycard.fares.values import Column
from citycard.infra.database import rows
from citycard.infra.unit_of_work import after_commit, require_unit_of_work

_FIND = "SELECT code, id FROM fares_term WHERE code = ANY (%s::text[])"
_ADD = """
INSERT INTO fares_term (code) SELECT DISTINCT code FROM unnest(%s::text[]) AS t(code) ORDER BY code
ON CONFLICT DO NOTHING
RETURNING code, id
"""
_known: dict[str, dict[str, int]] = {}


def numbers_of(codes: Iterable[str]) -> Mapping[str, int]:
    """Return the number of each code; one that was never said before is given one."""
    require_unit_of_work()
    known = _known.setdefault(str(connection.settings_dict["NAME"]), {"": 0})
    wanted = set(codes)
    missing = sorted(wanted - known.keys())
    if not missing:
        return known
    found = _numbers(missing)
    # Only what is committed is remembered: a rollback takes a new code's number away again.
    after_commit(functools.partial(known.update, found))
    return {code: known[code] for code in wanted & known.keys()} | found


def _numbers(codes: list[str]) -> dict[str, int]:
    found = {row.code: row.id for row in rows(_FIND, [codes])}
    if new := [code for code in codes if code not in found]:
        found |= {row.code: row.id for row in rows(_ADD, [new])}
    if late := [code for code in codes if code not in found]:
        # somebody else added them meanwhile, and has committed
        found |= {row.code: row.id for row in rows(_FIND, [late])}
    return found


def codes_of(numbers: Iterable[int]) -> dict[int, str]:
    """Return the code of each number."""
    found = rows(
        "SELECT id, code FROM fares_term WHERE id = ANY (%s::integer[])", [sorted(set(numbers))]
    )
    return {row.id: row.code for row in found}


def codes_in(columns: Sequence[Column]) -> dict[int, str]:
    """Return the code of each number that stands in some columns, and of none (0)."""
    numbers = np.unique(np.concatenate([np.unique(column) for column in columns]))
    return codes_of([0, *numbers.tolist()])


def every_number() -> dict[str, int]:
    """Return all codes with their numbers."""
    return {row.code: row.id for row in rows("SELECT code, id FROM fares_term")}
