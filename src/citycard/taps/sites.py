"""What taps of a reader share, the sorts of numbers that are read, and the classes that are
answered: kept once, by number."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from django.db import connection

from citycard.infra.database import execute, rows, statement
from citycard.infra.unit_of_work import after_commit

Sort = tuple[str, str]
"""Issuer and number kind."""

Key = TypeVar("Key", bound=tuple[str, ...])

_SORTS = """
SELECT issuer, number_kind, id FROM taps_number_sort
WHERE (issuer, number_kind) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
_ADD_SORTS = """
INSERT INTO taps_number_sort (issuer, number_kind)
SELECT * FROM unnest(%s::text[], %s::text[]) ORDER BY 1, 2 ON CONFLICT DO NOTHING
"""

_PROFILES = "SELECT code, id FROM taps_profile WHERE code = ANY (%s::text[])"
_ADD_PROFILES = """
INSERT INTO taps_profile (code)
SELECT * FROM unnest(%s::text[]) ORDER BY 1 ON CONFLICT DO NOTHING
"""


class Site(NamedTuple):
    """What a reader stands for."""

    service: str
    agency: str
    place: str


_sites: dict[str, dict[int, Site]] = {}
_sorts: dict[str, dict[Sort, int]] = {}
_profiles: dict[str, dict[tuple[str], int]] = {}


def sites_of(numbers: Iterable[int]) -> Mapping[int, Site]:
    """Return sites by number; one look a site and process."""
    known = _sites.setdefault(_database(), {0: Site("", "", "")})
    missing = sorted(set(numbers) - known.keys())
    if not missing:
        return known
    asked = "SELECT id, service, agency, place FROM taps_site WHERE id = ANY (%s::integer[])"
    found = {row.id: Site(row.service, row.agency, row.place) for row in rows(asked, [missing])}
    # Only what is committed is remembered: a rollback takes a new number away again.
    after_commit(functools.partial(known.update, found))
    return known | found


def add_sites(readers: Iterable[int]) -> None:
    """Give a number to whatever some readers stand for, or stood for once."""
    execute(statement(__file__, "add_sites"), [sorted(set(readers))] * 2)


def sort_numbers(sorts: Iterable[Sort]) -> Mapping[Sort, int]:
    """Return the number of each sort of card number; one that was never read before is given
    one."""
    return _numbered(sorts, _sorts.setdefault(_database(), {}), _SORTS, _ADD_SORTS)


def profile_numbers(codes: Iterable[str]) -> Mapping[str, int]:
    """Return the number of each class that readers are answered; a new one is given one."""
    known = _profiles.setdefault(_database(), {})
    found = _numbered([(code,) for code in codes], known, _PROFILES, _ADD_PROFILES)
    return {code: number for (code,), number in found.items()}


def _numbered(wanted: Iterable[Key], known: dict[Key, int], find: str, add: str) -> dict[Key, int]:
    """Return the numbers of what is wanted, and of what is known; each new one is given one.

    :param find: gives the columns of a key, and its number
    """
    missing = sorted(set(wanted) - known.keys())
    if not missing:
        return known
    columns = [list(column) for column in zip(*missing, strict=True)]
    found = _found(find, columns)
    if len(found) < len(missing):
        execute(add, columns)
        found = _found(find, columns)
    after_commit(functools.partial(known.update, found))
    return known | found


def _found(find: str, columns: list[list[str]]) -> dict[Any, int]:
    return {tuple(row[:-1]): row[-1] for row in rows(find, columns)}


def _database() -> str:
    return str(connection.settings_dict["NAME"])
