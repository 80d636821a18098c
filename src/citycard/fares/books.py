"""The book of a pack: compiled once a process."""

import datetime as dt
from functools import lru_cache

from citycard.fares.book import Book
from citycard.fares.reading import read_book
from citycard.infra.packs import Pack
from citycard.rules import api as rules


def book(*, pack: Pack) -> Book:
    """Return a pack's fares, compiled.

    :raises KeyError: when the pack has no fares.
    :raises BadRule: when they can't be read; the pack's check names file and line.
    """
    return _book(pack.hash, _Kept(pack))


class _Kept:
    """A pack that counts as equal to any other: its hash stands beside it."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=8)
def _book(_hash: str, kept: _Kept) -> Book:
    pack = kept.pack
    workdays = rules.vocabulary_of(pack).workdays

    def is_off(day: dt.date) -> bool:
        return not workdays.works_on(day)

    fares = pack.table("fares")
    if not fares:
        raise KeyError("fares")
    return read_book(
        fares,
        rights=pack.table("entitlements"),
        units=pack.table("points")["units"],
        is_off=is_off,
    )
