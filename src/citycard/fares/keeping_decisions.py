"""Keeping decisions: one row a deciding of a person's month, with the versions that it used."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from citycard.fares.book import Book
from citycard.fares.composing import Composed
from citycard.fares.gathering import Gathered
from citycard.fares.storing import Changed
from citycard.fares.values import Column
from citycard.infra.columns import INT4, INT8, array, ask
from citycard.infra.database import execute, scalar, statement


def lock_months(*, month: dt.date, riders: Column) -> None:
    """Let nobody else decide these people's month before this transaction ends."""
    asked = {"month": month, "riders": array(INT8, riders)}
    execute(statement(__file__, "lock_months"), asked, prepare=True)


def keep_decisions(
    *,
    book: Book,
    pack_hash: str,
    facts: Gathered,
    rides: Composed,
    changed: Changed,
    granted: Mapping[int, int],
    now: dt.datetime,
) -> Column:
    """Add a decision for each rider whose rides changed and return their revisions, in parallel."""
    riders = changed.riders
    points = np.array([granted.get(rider, 0) for rider in riders.tolist()])
    bindings = _versions(riders, rides.rider, rides.binding)
    rights = _versions(riders, facts.right_rows["member"], facts.right_rows["right"])
    asked = {
        "month": facts.span.month,
        "now": now,
        "book": _book_id(book, pack_hash),
        "riders": array(INT8, riders),
        "points": array(INT4, points),
        **bindings.asked("bindings"),
        **rights.asked("rights"),
    }
    rider, revision = ask(statement(__file__, "add_decisions"), asked, (">i8", ">i4"))
    assert len(rider) == len(riders), "a month that is decided is locked"
    _note_cards(facts.span.month, changed)
    return np.asarray(revision[np.argsort(rider)])


def _book_id(book: Book, pack_hash: str) -> int:
    execute(
        "INSERT INTO fares_book (pack_hash, funds, reasons, concessions, categories)"
        " VALUES (%s, %s::text[], %s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING",
        [
            pack_hash,
            [fund.code for fund in book.funds],
            list(book.reasons),
            [one.code for one in book.concessions],
            list(book.categories),
        ],
    )
    return int(scalar("SELECT id FROM fares_book WHERE pack_hash = %s", [pack_hash]))


class _Versions(NamedTuple):
    """The versions of riders, one after the other, and where each rider's begin and end."""

    numbers: Column
    begin: Column
    end: Column

    def asked(self, name: str) -> dict[str, Any]:
        """Return them as a statement takes them: places in it are counted from 1."""
        return {
            name: array(INT8, self.numbers),
            f"{name}_from": array(INT4, self.begin + 1),
            f"{name}_to": array(INT4, self.end),
        }


def _versions(riders: Column, owners: Column, versions: Column) -> _Versions:
    """Return the versions of each rider, each once and sorted."""
    owner, version = _distinct(owners, versions)
    owner, version = owner[version != 0], version[version != 0]
    begin, end = (np.searchsorted(owner, riders, side=side) for side in ("left", "right"))
    return _Versions(version, begin, end)


def _distinct(one: Column, other: Column) -> tuple[Column, Column]:
    """Return the distinct pairs, sorted; most of them stand together already."""
    new = _differs(one, other)
    one, other = one[new], other[new]
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    new = _differs(one, other)
    return one[new], other[new]


def _differs(one: Column, other: Column) -> Any:
    """Tell which pairs are other than the one before."""
    new = np.ones(len(one), bool)
    new[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    return new


def _note_cards(month: dt.date, changed: Changed) -> None:
    """Note with which cards they rode: when one of these changes hands, they are looked at. Whose
    card has rides in force stands there already."""
    cards, riders = _distinct(*(changed.added[name] for name in ("card_key", "rider")))
    noted = among(cards, riders, changed.stored["card_key"], changed.stored["rider"])
    if noted.all():
        return
    asked = {
        "month": month,
        "cards": array(INT8, cards[~noted]),
        "riders": array(INT8, riders[~noted]),
    }
    execute(statement(__file__, "note_cards"), asked, prepare=True)


def among(one: Column, other: Column, ones: Column, others: Column) -> Any:
    """Tell which pairs are among others."""
    both = np.append(one, ones), np.append(other, others)
    order = np.lexsort((np.arange(len(both[0])) < len(one), *both[::-1]))
    new = _differs(both[0][order], both[1][order])
    found = np.zeros(len(order), bool)
    found[order] = ~new
    return found[: len(one)]
