"""What taps of a reader share, the sorts of numbers that are read, and the classes that are
answered: kept once, by number."""

import functools
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db import connection

from citycard.infra.database import execute, rows, statement
from citycard.infra.unit_of_work import after_commit

Sort = tuple[str, str]
"""Issuer and number kind."""

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
_profiles: dict[str, dict[str, int]] = {}


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
    known = _sorts.setdefault(_database(), {})
    missing = sorted(set(sorts) - known.keys())
    if not missing:
        return known
    columns = [list(column) for column in zip(*missing, strict=True)]
    found = _found(columns)
    if len(found) < len(missing):
        execute(_ADD_SORTS, columns)
        found = _found(columns)
    after_commit(functools.partial(known.update, found))
    return known | found


def _found(columns: list[list[str]]) -> dict[Sort, int]:
    return {(row.issuer, row.number_kind): row.id for row in rows(_SORTS, columns)}


def profile_numbers(codes: Iterable[str]) -> Mapping[str, int]:
    """Return the number of each class that readers are answered; a new one is given one."""
    known = _profiles.setdefault(_database(), {})
    missing = sorted(set(codes) - known.keys())
    if not missing:
        return known
    found = _found_profiles(missing)
    if len(found) < len(missing):
        execute(_ADD_PROFILES, [missing])
        found = _found_profiles(missing)
    after_commit(functools.partial(known.update, found))
    return known | found


def _found_profiles(codes: list[str]) -> dict[str, int]:
    return {row.code: row.id for row in rows(_PROFILES, [codes])}


def _database() -> str:
    return str(connection.settings_dict["NAME"])
