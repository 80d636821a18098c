"""Pure decisions about a batch of taps: whether times are possible, what readers are told."""

import datetime as dt
import functools
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from citycard.taps.codes import Code
from citycard.taps.columns import EPOCH, TapColumns, Whole
from citycard.taps.service_table import ServiceTable
from citycard.taps.values import RidePart

FUTURE_ALLOWED = dt.timedelta(minutes=10)
"""How far a reader's clock may run ahead."""

OLDEST = dt.timedelta(days=400)
"""How old a tap may be when it arrives at last."""

LATE_AFTER = dt.timedelta(minutes=15)
"""A tap that arrives later than this after it happened was held back by its reader."""

_US = dt.timedelta(microseconds=1)
_SLOT_US = 900_000_000  # no zone changes its clocks between quarters of an hour
_DAY_US = 86_400_000_000
_RIDE_FIELDS = 12
"""What was ever said of a ride first; what is added one day changes nothing of before."""

Impossible = npt.NDArray[np.int8]


GOOD = 1
"""How a card stands that may be used; see ``Found``."""


class Found(NamedTuple):
    """What held for each card at its tap's own time.

    :ivar standing: 0: no card, 1: good, 2: out of use, 3: the number can mean two cards
    :ivar kind: the place, from 1, among the kinds that carry not everything; 0: any other
    :ivar service: the place among the table's services, from 1; 0: none of them
    :ivar classes: the classes of fare that the holder's rights name, a bit each; 0 where the
        service tells none
    """

    service: Whole
    standing: Whole
    card_id: Whole
    kind: Whole
    binding_id: Whole
    member_id: Whole
    right_id: Whole
    classes: Whole


def content_hashes(columns: TapColumns) -> Whole:
    """Return numbers that tell a re-sent tap from another one under the same identity."""
    digests = [
        blake2b(f"{at}|{issuer}|{kind}|{number}{said}".encode(), digest_size=8).digest()
        for at, issuer, kind, number, said in zip(
            columns.at_us.tolist(),
            columns.issuer,
            columns.number_kind,
            columns.number,
            _said_beside(columns),
            strict=True,
        )
    ]
    return np.frombuffer(b"".join(digests), ">i8").astype(np.int64)


def _said_beside(columns: TapColumns) -> Sequence[str]:
    """Return what was said of rides and sales and what was answered, as texts."""
    said = [""] * len(columns)
    parts: Any
    for write, parts in (
        (_ride_content, columns.rides),
        (functools.partial(_part_content, "sale"), columns.sales),
        (functools.partial(_part_content, "answered"), columns.answered),
    ):
        if parts:
            said = [
                text if part is None else text + write(part)
                for text, part in zip(said, parts, strict=True)
            ]
    return said


def _ride_content(ride: RidePart) -> str:
    said = repr(tuple(ride[:_RIDE_FIELDS]))
    usual = RidePart._field_defaults
    for name, value in zip(ride._fields[_RIDE_FIELDS:], ride[_RIDE_FIELDS:], strict=True):
        if value != usual[name]:
            said += f"{name}={value!r}"
    return said


def _part_content(name: str, part: Any) -> str:
    return "|".join(("", name, *map(str, part)))


def impossible_times(at_us: Whole, now: dt.datetime) -> Impossible:
    """Return which taps cannot have happened then: 1 is in the future, 2 too old."""
    us = (now - EPOCH) // _US
    return np.where(
        at_us > us + FUTURE_ALLOWED // _US, 1, np.where(at_us < us - OLDEST // _US, 2, 0)
    ).astype(np.int8)


IMPOSSIBLE = {1: "future", 2: "too_old"}


def late(at_us: Whole, now: dt.datetime) -> npt.NDArray[np.bool_]:
    """Tell which taps were held back by their readers."""
    return np.asarray(at_us < (now - LATE_AFTER - EPOCH) // _US)


def local_days(at_us: Whole, zone: dt.tzinfo) -> Whole:
    """Return the local days of instants, counted from 1970."""
    slots, places = np.unique(at_us // _SLOT_US, return_inverse=True)
    offsets = np.array([_offset_us(slot, zone) for slot in slots.tolist()], np.int64)
    return np.asarray((at_us + offsets[places]) // _DAY_US)


@functools.lru_cache(maxsize=4096)
def _offset_us(slot: int, zone: dt.tzinfo) -> int:
    """Return how far the zone's clocks are ahead; a reader's clock may say any year that there
    is, and at either end of time the zone's own is none."""
    try:
        shown = (EPOCH + slot * _SLOT_US * _US).astimezone(zone).utcoffset()
    except OverflowError:
        return 0
    return shown // _US if shown is not None else 0


def verdicts(found: Found, table: ServiceTable, days: Whole) -> npt.NDArray[np.int16]:
    """Return what readers are told about new taps, before points and the agency's number.

    :param days: the local day of each tap, counted from 1970
    """
    carried = table.carried[found.kind, found.service]
    needs = table.needs_right[found.service]
    told = np.select(
        [
            found.service == 0,
            found.standing == 3,
            found.standing == 0,
            found.standing == 2,
            found.member_id == 0,
            carried == 0,
            needs & (found.right_id == 0),
        ],
        [
            Code.WRONG_SERVICE,
            Code.AMBIGUOUS_CARD,
            Code.UNKNOWN_CARD,
            Code.BLOCKED,
            Code.NOT_BOUND,
            Code.WRONG_SERVICE,
            Code.NOT_ENTITLED,
        ],
        Code.ACCEPTED,
    ).astype(np.int16)
    dated = (carried == 2) & ((told == Code.ACCEPTED) | (told == Code.NOT_ENTITLED))
    for i in np.flatnonzero(dated).tolist():
        if _day(days[i]) not in table.span_of(int(found.kind[i]), int(found.service[i])):
            told[i] = Code.WRONG_SERVICE
    return told


def profiles(
    found: Found, table: ServiceTable, classes: Mapping[str, str], days: Whole
) -> npt.NDArray[np.int16]:
    """Return which class of fare each card is good for: the first that its holder has and the card
    carries, by place from 1; 0: none.

    :param classes: class → right, in the order of their bits
    """
    told = np.zeros(len(days), np.int16)
    if not found.classes.any():
        return told
    for place, right in reversed(list(enumerate(classes.values(), 1))):
        held = np.flatnonzero(found.classes & (1 << (place - 1)))
        carried = table.carriers(right)[found.kind[held]]
        for n in np.flatnonzero(carried == 2).tolist():
            i = int(held[n])
            carried[n] = _day(days[i]) in table.span_of_right(int(found.kind[i]), right)
        told[held[carried > 0]] = place
    return told


def _day(since_1970: Any) -> dt.date:
    return (EPOCH + dt.timedelta(days=int(since_1970))).date()


def verdicts_of(found: Sequence[Any], table: ServiceTable, on: dt.date) -> list[Code]:
    """Return the same decisions for rows, as they are looked up for a question without a tap.

    :param found: ``service``, ``card_state``, ``kind``, ``expires_on``, ``member_id``, ``entitled``
    """
    services = {code: place for place, code in enumerate(table.services, 1)}
    kinds = {code: place for place, code in enumerate(table.special_kinds, 1)}
    asked = Found(
        service=_column(services.get(one.service, 0) for one in found),
        standing=_column(_standing(one, on) for one in found),
        card_id=_column(0 for _ in found),
        kind=_column(kinds.get(one.kind, 0) for one in found),
        binding_id=_column(0 for _ in found),
        member_id=_column(one.member_id or 0 for one in found),
        right_id=_column(int(one.entitled) for one in found),
        classes=_column(0 for _ in found),
    )
    days = np.full(len(found), (on - EPOCH.date()).days)
    return [Code(code) for code in verdicts(asked, table, days).tolist()]


def _column(values: Iterable[int]) -> Whole:
    return np.array(list(values), np.int64)


def _standing(found: Any, on: dt.date) -> int:
    if found.card_state is None:
        return 0
    ended = found.expires_on and found.expires_on <= on
    return 1 if found.card_state == "active" and not ended else 2
