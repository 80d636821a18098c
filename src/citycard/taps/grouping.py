"""A batch's taps by reader: which numbers come, which come twice, which came before. Pure."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from citycard.infra.columns import US_TO_2000
from citycard.taps.columns import TapColumns, Whole

_NEVER = np.iinfo(np.int64).min
_RANGE = re.compile(r"\[(\d+),(\d+)\)")


class Readers(NamedTuple):
    """The readers' epochs of a batch, in the order in which they are locked.

    :ivar taken: an array of the multiranges of numbers that come, as PostgreSQL reads it
    :ivar last_at: the newest possible time, in microseconds since 2000; the least number: none
    :ivar place: for each tap, the place of its reader
    :ivar repeated: places of taps whose number came before in this batch, and of the first with it
    """

    device_id: Whole
    epoch: Whole
    taken: str
    last_at: Whole
    place: Whole
    repeated: Sequence[tuple[int, int]]


def by_reader(columns: TapColumns, impossible: Any) -> Readers:
    """Return the readers of a batch."""
    order = np.lexsort((columns.seq, columns.epoch, columns.device_id))
    device, epoch = columns.device_id[order], columns.epoch[order].astype(np.int64)
    seq = columns.seq[order]
    begins = np.append(True, (device[1:] != device[:-1]) | (epoch[1:] != epoch[:-1]))
    place = np.empty(len(order), np.int64)
    place[order] = np.cumsum(begins) - 1
    starts = np.flatnonzero(begins)
    possible = np.where(impossible[order] > 0, _NEVER, columns.at_us[order] - US_TO_2000)
    again = np.append(False, ~begins[1:] & (seq[1:] == seq[:-1]))
    return Readers(
        device_id=device[starts],
        epoch=epoch[starts],
        taken=_taken(begins, seq, again),
        last_at=np.maximum.reduceat(possible, starts),
        place=place,
        repeated=_repeated(order, again),
    )


def _taken(begins: Any, seq: Whole, again: Any) -> str:
    """Return the numbers of each reader as multiranges: runs without a gap are one range."""
    runs = begins | np.append(True, seq[1:] > seq[:-1] + 1)
    first = np.flatnonzero(runs)
    last = np.append(first[1:], len(seq)) - 1
    texts: list[str] = []
    for new, low, high in zip(
        begins[first].tolist(), seq[first].tolist(), seq[last].tolist(), strict=True
    ):
        texts.append(f'}}","{{[{low},{high}]' if new else f",[{low},{high}]")
    return '{"' + "".join(texts)[4:] + '}"}'


def _repeated(order: Whole, again: Any) -> list[tuple[int, int]]:
    if not again.any():
        return []
    firsts = np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))
    places = np.flatnonzero(again)
    return list(zip(order[places].tolist(), order[firsts[places]].tolist(), strict=True))


def seen_places(seen: str, readers: Readers, seq: Whole) -> list[int]:
    """Return the places of taps whose numbers were taken before.

    :param seen: ``<reader's place>:<multirange>`` for each reader that has any, by semicolons
    """
    found: list[int] = []
    for one in seen.split(";"):
        place, _, ranges = one.partition(":")
        mine = np.flatnonzero(readers.place == int(place) - 1)
        for low, high in _RANGE.findall(ranges):
            found += mine[(seq[mine] >= int(low)) & (seq[mine] < int(high))].tolist()
    return sorted(found)
