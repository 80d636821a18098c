"""Taps and answers by columns: how large batches cross the door."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from citycard.taps.codes import Code
from citycard.taps.values import (
    AnsweredPart,
    PaidPart,
    RidePart,
    SalePart,
    TapAnswer,
    TapRead,
)

Whole = npt.NDArray[np.int64]
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class TapColumns:
    """What readers saw, a column a field, in parallel; see ``TapRead`` for what each means.

    :ivar at_us: microseconds since 1970 in UTC
    :ivar rides: None where no tap of the batch is part of a ride; ``sales`` and ``answered``
        likewise
    """

    device_id: Whole
    epoch: npt.NDArray[np.int32]
    seq: Whole
    at_us: Whole
    issuer: Sequence[str]
    number_kind: Sequence[str]
    number: Sequence[str] = field(repr=False)
    rides: Sequence[RidePart | None] | None = None
    sales: Sequence[SalePart | None] | None = None
    answered: Sequence[AnsweredPart | None] | None = None

    def __len__(self) -> int:
        return len(self.seq)

    def at(self, i: int) -> dt.datetime:
        """Return the time of a tap."""
        return EPOCH + dt.timedelta(microseconds=int(self.at_us[i]))

    def read(self, i: int) -> TapRead:
        """Return a tap as a row."""
        return TapRead(
            int(self.device_id[i]),
            int(self.epoch[i]),
            int(self.seq[i]),
            self.at(i),
            self.issuer[i],
            self.number_kind[i],
            self.number[i],
            self.rides[i] if self.rides else None,
            self.sales[i] if self.sales else None,
            self.answered[i] if self.answered else None,
        )


@dataclass(frozen=True, kw_only=True)
class AnswerColumns:
    """What readers are told, in parallel to the taps; see ``TapAnswer``.

    :ivar agency_numbers: by place in the batch, where a service answers one
    :ivar paid: by place in the batch, where a till named a price
    :ivar profiles: by place in the batch, where the card is good for a class that is told
    """

    code: npt.NDArray[np.int16]
    points: npt.NDArray[np.int32]
    agency_numbers: Mapping[int, str] = field(repr=False)
    paid: Mapping[int, PaidPart]
    profiles: Mapping[int, str]

    def rows(self) -> list[TapAnswer]:
        """Return the answers as rows."""
        answers = zip(self.code.tolist(), self.points.tolist(), strict=True)
        if not self.agency_numbers and not self.paid and not self.profiles:
            return [TapAnswer(_CODES[code], points) for code, points in answers]
        numbers, paid, profiles = self.agency_numbers.get, self.paid.get, self.profiles.get
        return [
            TapAnswer(_CODES[code], points, numbers(i), paid(i), profiles(i, ""))
            for i, (code, points) in enumerate(answers)
        ]


_CODES = {int(code): code for code in Code}


def columns_of(*, reads: Sequence[TapRead]) -> TapColumns:
    """Return taps that stand in rows as columns."""
    columns: list[Any] = list(zip(*reads, strict=True)) or [()] * len(TapRead._fields)
    at_us = [(at - EPOCH) // _MICROSECOND for at in columns[3]]
    return TapColumns(
        device_id=np.array(columns[0], np.int64),
        epoch=np.array(columns[1], np.int32),
        seq=np.array(columns[2], np.int64),
        at_us=np.array(at_us, np.int64),
        issuer=columns[4],
        number_kind=columns[5],
        number=columns[6],
        rides=columns[7] if any(columns[7]) else None,
        sales=columns[8] if any(columns[8]) else None,
        answered=columns[9] if any(columns[9]) else None,
    )
