"""Taps in a file: CSV or Parquet, a row a tap, in the order in which they reached the city.

Columns: ``at`` (an instant with its zone), ``reader_id``, ``epoch``, ``seq``, ``issuer``,
``number_kind``, ``number``; where a tap is part of a ride, ``leg`` and what else ``taps.RidePart``
has; where a till named a price, ``price_ntd``, ``quantity``, ``purse_ntd``. A column that a file
doesn't need may be missing; an empty cell says nothing.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from citycard.simulation.replaying_tables import EPOCH, CannotReplay, Rows, open_rows
from citycard.taps import api as taps

NEEDED = ("at", "reader_id", "epoch", "seq", "issuer", "number_kind", "number")
RIDE = taps.RidePart._fields
SALE = taps.SalePart._fields
_NUMBERS = frozenset(
    {"reader_id", "epoch", "seq", "metres", "fare_ntd", "charged_ntd", "missed_ntd"}
    | {"points_taken", "purse_after_ntd", *SALE}
)
_LEGS = ("in", "out", "whole")
_TOGETHER_US = 14 * 60 * 1_000_000
_SENT_AFTER = dt.timedelta(seconds=5)
Fault = tuple[int, str]
"""Place in the part, and what is wrong with what to do."""


class Known:
    """What a file's rows may name: readers of the city, and numbers of its cards."""

    def __init__(self, *, readers: Collection[int], numbers: Collection[str]) -> None:
        self.readers = frozenset(readers)
        self.numbers = frozenset(numbers)

    @cached_property
    def said(self) -> str:
        """The pairs of issuer and number kind, in words."""
        return ", ".join(sorted(self.numbers))


def check(file: Path, known: Known, tell: Callable[[int], None]) -> int:
    """Read a whole file before anything of it is sent; returns how many rows it has.

    :raises CannotReplay: with the first line that is wrong, why, and what to do
    """
    rows = 0
    for part in open_rows(file, needed=NEEDED, may=(*RIDE, *SALE), whole_numbers=_NUMBERS):
        for place, why in _faults(part, known):
            raise CannotReplay(f"{file.name}, line {part.first_line + place}: {why}")
        rows += len(part)
        tell(len(part))
    if not rows:
        raise CannotReplay(f"{file.name} holds no taps: give a file with at least one row.")
    return rows


def readers_in(file: Path) -> Any:
    """Return the readers that a file names, sorted."""
    found: set[int] = set()
    for part in open_rows(file, needed=("reader_id",), may=(), whole_numbers=_NUMBERS):
        found.update(part["reader_id"])
    return np.array(sorted(found), np.int64)


def uploads(
    file: Path, *, writer: int, writers: int
) -> Iterator[tuple[taps.TapColumns, dt.datetime]]:
    """Yield a checked file's taps of one writer's readers, and when they reach the city: together
    what happened within a quarter of an hour."""
    latest = 0
    for part in open_rows(file, needed=NEEDED, may=(*RIDE, *SALE), whole_numbers=_NUMBERS):
        at_us = np.array(part["at"], np.int64)
        heard = np.maximum(np.maximum.accumulate(at_us), latest)
        latest = int(heard[-1])
        own = np.array(part["reader_id"], np.int64) % writers == writer
        begin = 0
        while begin < len(part):
            after = int(np.searchsorted(heard, heard[begin] + _TOGETHER_US, side="right"))
            places = begin + np.flatnonzero(own[begin:after])
            if len(places):
                now = EPOCH + dt.timedelta(microseconds=int(heard[after - 1]))
                yield columns_of(part, places.tolist()), now + _SENT_AFTER
            begin = after


def columns_of(part: Rows, places: Sequence[int]) -> taps.TapColumns:
    """Return some rows as the write path takes them."""

    def of(name: str) -> list[Any]:
        values = part[name]
        return [values[place] for place in places]

    return taps.TapColumns(
        device_id=np.array(of("reader_id"), np.int64),
        epoch=np.array(of("epoch"), np.int32),
        seq=np.array(of("seq"), np.int64),
        at_us=np.array(of("at"), np.int64),
        issuer=of("issuer"),
        number_kind=of("number_kind"),
        number=of("number"),
        rides=_parts(taps.RidePart, "leg", part, places),
        sales=_parts(taps.SalePart, "price_ntd", part, places),
    )


def some(columns: taps.TapColumns, places: Sequence[int]) -> taps.TapColumns:
    """Return some taps of columns."""

    def of(values: Any) -> Any:
        return None if values is None else [values[place] for place in places]

    return taps.TapColumns(
        device_id=columns.device_id[places],
        epoch=columns.epoch[places],
        seq=columns.seq[places],
        at_us=columns.at_us[places],
        issuer=of(columns.issuer),
        number_kind=of(columns.number_kind),
        number=of(columns.number),
        rides=of(columns.rides),
        sales=of(columns.sales),
    )


def rows_of(columns: taps.TapColumns) -> dict[str, list[Any]]:
    """Return taps as columns of a file; every column is there, None where nothing is said."""
    size = len(columns)
    rides = columns.rides or [None] * size
    sales = columns.sales or [None] * size
    return {
        "at": columns.at_us.tolist(),
        "reader_id": columns.device_id.tolist(),
        "epoch": columns.epoch.tolist(),
        "seq": columns.seq.tolist(),
        "issuer": list(columns.issuer),
        "number_kind": list(columns.number_kind),
        "number": list(columns.number),
        **{name: [None if one is None else one[n] for one in rides] for n, name in enumerate(RIDE)},
        **{name: [None if one is None else one[n] for one in sales] for n, name in enumerate(SALE)},
    }


def _parts(kind: Any, named: str, part: Rows, places: Sequence[int]) -> list[Any] | None:
    """Return ride or sale parts: of the rows that say the one thing that each has."""
    if named not in part or not any(part[named][place] is not None for place in places):
        return None
    names = [name for name in kind._fields if name in part]
    columns = [part[name] for name in names]
    return [_said(kind, names, [column[place] for column in columns], named) for place in places]


def _said(kind: Any, names: Sequence[str], values: Sequence[Any], named: str) -> Any:
    said = {name: v for name, v in zip(names, values, strict=True) if v is not None}
    return kind(**said) if named in said else None


def _faults(part: Rows, known: Known) -> Iterator[Fault]:
    """Yield what is wrong with a part, column after column; what is right costs one look."""
    named = zip(part["issuer"], part["number_kind"], strict=True)
    numbers = [f"{issuer or ''} {kind or ''}".strip() for issuer, kind in named]
    yield from _wrong(part["reader_id"], known.readers.__contains__, _NO_READER)
    for name in ("epoch", "seq"):
        yield from _wrong(part[name], _counts, f"{name} is {{}}: number a reader's taps from 1 on.")
    yield from _wrong(part["at"], _is_said, _NO_TIME)
    yield from _wrong(numbers, known.numbers.__contains__, _NO_NUMBERS + f"{known.said}.")
    yield from _wrong(part["number"], bool, "number is empty: a tap needs its card's.")
    if "leg" in part:
        yield from _wrong(part["leg"], (None, *_LEGS).__contains__, _NO_LEG)
    for name in RIDE[1:] if "leg" in part else ():
        if name in part:
            pairs = list(zip(part["leg"], part[name], strict=True))
            yield from _wrong(pairs, _has_leg, _LEG_MISSING.format(name))


_NO_READER = "the city has no reader {}: enrol it first, or correct reader_id."
_NO_TIME = "at is empty: a tap has an instant with its zone, such as 2016-03-01T08:15:00+08:00."
_NO_NUMBERS = "“{}” is no issuer and kind of number of the city's cards: write one of "
_NO_LEG = "leg is “{}”: write in, out or whole, or nothing where the tap is no ride's."
_LEG_MISSING = "{0} is given and leg is empty: say whether a ride's tap boards, alights or both."


def _counts(value: int | None) -> bool:
    return value is not None and value >= 1


def _is_said(value: object) -> bool:
    return value is not None


def _has_leg(pair: tuple[object, object]) -> bool:
    return pair[0] is not None or pair[1] is None


def _wrong(values: Sequence[Any], right: Callable[[Any], bool], say: str) -> Iterable[Fault]:
    if all(map(right, values)):
        return
    place = next(n for n, value in enumerate(values) if not right(value))
    yield place, say.format(values[place])


def known_of(*, readers: Iterable[int], media: Mapping[str, Any]) -> Known:
    """Return what rows may name, by a pack's media."""
    pairs = [f"{row['issuer']} {kind}" for row in media.values() for kind in row.get("numbers", {})]
    return Known(readers=list(readers), numbers=pairs)
