"""Keeping decisions: one row a deciding of a person's month, with the versions that it used."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from citycard.fares.book import Book
from citycard.fares.composing import Composed
from citycard.fares.gathering import Gathered
from citycard.fares.storing import Changed
from citycard.fares.values import Column
from citycard.infra.database import execute, rows, scalar, statement


def lock_months(*, month: dt.date, riders: Column) -> None:
    """Let nobody else decide these people's month before this transaction ends."""
    asked = [month, riders.tolist()]
    execute(statement(__file__, "begin_months"), asked)
    execute(statement(__file__, "lock_months"), asked)


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
    """Add a decision for each rider whose rides changed and return their numbers, in parallel."""
    riders = [int(rider) for rider in changed.riders]
    found = rows(
        statement(__file__, "add_decisions"),
        {
            "month": facts.span.month,
            "now": now,
            "book": _book_id(book, pack_hash),
            "riders": riders,
            "points": [granted.get(rider, 0) for rider in riders],
            "bindings": _versions(riders, rides.rider, rides.binding),
            "rights": _versions(riders, facts.right_rows["member"], facts.right_rows["right"]),
        },
    )
    _note_cards(facts, rides, changed)
    numbers = {row.rider: row.id for row in found}
    return np.array([numbers[rider] for rider in riders], np.int64)


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


def _versions(riders: Iterable[int], owners: Column, versions: Column) -> list[str]:
    """Return the versions of each rider as an array that PostgreSQL reads."""
    pairs = _distinct(owners, versions)
    by_owner: dict[int, list[str]] = {}
    for owner, version in pairs.tolist():
        if version:
            by_owner.setdefault(owner, []).append(str(version))
    return ["{" + ",".join(by_owner.get(rider, ())) + "}" for rider in riders]


def _distinct(one: Column, other: Column) -> Any:
    """Return the distinct pairs, sorted; most of them stand together already."""
    pairs = np.stack([one, other], axis=1)
    if not len(pairs):
        return pairs
    new = np.append(True, np.any(pairs[1:] != pairs[:-1], axis=1))
    return np.unique(pairs[new], axis=0)


def _note_cards(facts: Gathered, rides: Composed, changed: Changed) -> None:
    """Note with which cards they rode: when one of these changes hands, they are looked at."""
    cards: Any = facts.readings["card"][rides.first]
    used = _distinct(cards, rides.rider)
    used = used[np.isin(used[:, 1], changed.riders)]
    execute(
        statement(__file__, "note_cards"),
        [facts.span.month, used[:, 0].tolist(), used[:, 1].tolist()],
    )
