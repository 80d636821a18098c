"""Codes from phones among numbers: which card each stands for, used up once."""

import datetime as dt
from collections.abc import Sequence

from citycard.infra.unit_of_work import attempt, unit_of_work
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


def ask(
    *, cards: Sequence[taps.CardRead], use: str, now: dt.datetime, keep: bool = True
) -> tuple[list[taps.CardRead], dict[int, str]]:
    """Return each card by a number, and by place what is wrong with the codes that lead to none:
    ``unknown_card``, ``expired`` or ``replayed``. In a unit of work of its own.

    :param use: names this asking: the codes are used up by it, and by it alone they hold again
    :param keep: False: no code is used up
    """
    read, wrong = list(cards), dict[int, str]()
    places = [n for n, one in enumerate(cards) if one.number_kind == VIRTUAL_CODE]
    if not places:
        return read, wrong
    with unit_of_work(), attempt() as tried:
        found = wallet.resolve(
            codes=[cards[n].number for n in places],
            ats=[now] * len(places),
            uses=[f"{use}:{n}" for n in places],
            now=now,
        )
        if keep:
            tried.keep()
    for n, one in zip(places, found, strict=True):
        if one.outcome == "good":
            read[n] = taps.CardRead(one.issuer, one.number_kind, one.number)
        else:
            wrong[n] = "unknown_card" if one.outcome == "unknown" else one.outcome
    return read, wrong
