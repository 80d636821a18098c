"""Codes from phones among a batch's numbers: which card each stands for, used up once."""

import datetime as dt

from citycard.taps import api as taps
from citycard.wallet import api as wallet

VIRTUAL_CODE = "virtual_code"


def resolve(*, columns: taps.TapColumns, now: dt.datetime) -> dict[int, taps.CardRead]:
    """Return, by place in the batch, the card behind each code that is good; the others are no
    card's. A tap that is sent again is no second use of its code.

    :raises UnitOfWorkMisused: called outside a unit of work
    """
    if VIRTUAL_CODE not in columns.number_kind:
        return {}
    places = [i for i, kind in enumerate(columns.number_kind) if kind == VIRTUAL_CODE]
    found = wallet.resolve(
        codes=[columns.number[i] for i in places],
        ats=[columns.at(i) for i in places],
        uses=[f"{columns.device_id[i]}:{columns.epoch[i]}:{columns.seq[i]}" for i in places],
        now=now,
    )
    return {
        i: taps.CardRead(one.issuer, one.number_kind, one.number)
        for i, one in zip(places, found, strict=True)
        if one.outcome == "good"
    }
