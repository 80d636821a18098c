"""Keeping what devices said of rides: once, in the transaction of the taps that said it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from citycard.fares import events, terms
from citycard.fares.months import ensure_months
from citycard.infra.columns import (
    DATE,
    INSTANT,
    INT2,
    INT4,
    INT8,
    Column,
    add_rows,
    days_2000,
    us_2000,
)
from citycard.infra.crypto import keyed_hmac
from citycard.infra.database import scalar
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.taps import api as taps

LEGS = {"in": 0, "out": 1, "whole": 2}
UNKNOWN_CARDS = 2**62
"""Keys from here up are marks of cards that the city doesn't know; below are cards' ids."""

_CODES = ("operator", "route", "stop", "vehicle", "ticket")
_FIGURES = ("charged_ntd", "missed_ntd", "points_taken", "metres", "fare_ntd", "purse_after_ntd")


def keep_readings(*, batch: taps.OpenBatch) -> int:
    """Keep the ride parts of a batch's new taps and return how many there were; in the unit of work
    that stores the taps.

    :raises UnitOfWorkMisused: called outside a unit of work
    """
    rides = batch.columns.rides
    if not rides:
        return 0
    places = [i for i in np.flatnonzero(batch.new).tolist() if rides[i] is not None]
    if not places:
        return 0
    require_unit_of_work()
    kept = np.zeros(len(batch), bool)
    kept[places] = True
    months = batch.months_of(kept)
    ensure_months("fares_reading", set(months))
    batch_id = int(scalar("SELECT nextval('fares_reading_batch_id')"))
    add_rows("fares_reading", _columns(batch, places, batch_id))
    announce(
        events.ReadingsKept(
            batch_id=batch_id,
            months=tuple(month.isoformat() for month in months),
            readings=len(places),
        )
    )
    return len(places)


def card_key(read: taps.TapRead, card_id: int | None) -> int:
    """Return what a card is known by among rides: its id, or a keyed mark of its number."""
    if card_id:
        return card_id
    mark = keyed_hmac("fares.card", f"{read.issuer}|{read.number_kind}", read.number)
    return UNKNOWN_CARDS | int.from_bytes(mark[:8], "big") >> 2


def _columns(batch: taps.OpenBatch, places: Sequence[int], batch_id: int) -> list[Column]:
    c = batch.columns
    said = _said([c.rides[i] for i in places] if c.rides else [])
    issuers = [c.issuer[i] for i in places]
    numbers = terms.numbers_of({*issuers, *(code for name in _CODES for code in said[name])})
    return [
        Column("local_month", DATE, days_2000(batch.month()[places])),
        Column("at", INSTANT, us_2000(c.at_us[places])),
        Column("batch_id", INT8, np.full(len(places), batch_id)),
        Column("card_key", INT8, _card_keys(batch, places)),
        Column("reader_id", INT8, c.device_id[places]),
        Column("epoch", INT4, c.epoch[places]),
        Column("seq", INT8, c.seq[places]),
        Column("leg", INT2, np.array([LEGS[leg] for leg in said["leg"]])),
        *(
            Column(f"{name}_id", INT4, np.array([numbers[code] for code in codes]))
            for name, codes in (*((name, said[name]) for name in _CODES), ("issuer", issuers))
        ),
        *(_figures(name, said[name]) for name in _FIGURES),
    ]


def _said(rides: Sequence[Any]) -> dict[str, Sequence[Any]]:
    """Return what was said of rides, a column a field."""
    return dict(zip(taps.RidePart._fields, zip(*rides, strict=True), strict=True))


def _figures(name: str, said: Sequence[int | None]) -> Column:
    if None not in said:
        return Column(name, INT4, np.array(said))
    missing = np.array([one is None for one in said])
    return Column(name, INT4, np.array([one or 0 for one in said]), missing)


def _card_keys(batch: taps.OpenBatch, places: Sequence[int]) -> Any:
    keys = batch.card_id[places]
    for n in np.flatnonzero(keys == 0).tolist():
        keys[n] = card_key(batch.read(places[n]), None)
    return keys
