"""Keeping what devices said of rides: once, in the transaction of the taps that said it."""

from collections.abc import Sequence
from typing import Any

from citycard.fares import events, terms
from citycard.fares.months import ensure_months
from citycard.infra.crypto import keyed_hmac
from citycard.infra.database import rows, statement
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
    new = [
        (read, read.ride, tap)
        for read, tap in zip(batch.reads, batch.taps, strict=True)
        if read.ride is not None and tap.state == "new"
    ]
    if not new:
        return 0
    require_unit_of_work()
    months = {tap.local_month for _, _, tap in new}
    ensure_months("fares_reading", months)
    [stored] = rows(statement(__file__, "keep_readings"), _columns(new), prepare=True)
    announce(
        events.ReadingsKept(
            batch_id=stored.batch_id,
            months=tuple(month.isoformat() for month in sorted(months)),
            readings=len(new),
        )
    )
    return len(new)


def card_key(read: taps.TapRead, card_id: int | None) -> int:
    """Return what a card is known by among rides: its id, or a keyed mark of its number."""
    if card_id is not None:
        return card_id
    mark = keyed_hmac("fares.card", f"{read.issuer}|{read.number_kind}", read.number)
    return UNKNOWN_CARDS | int.from_bytes(mark[:8], "big") >> 2


_New = Sequence[tuple[taps.TapRead, taps.RidePart, taps.OpenedTap]]


def _columns(new: _New) -> dict[str, list[Any]]:
    rides: list[dict[str, Any]] = [ride._asdict() for _, ride, _ in new]
    issuers = [read.issuer for read, _, _ in new]
    numbers = terms.numbers_of({*issuers, *(ride[code] for ride in rides for code in _CODES)})
    return {
        "ats": [read.at for read, _, _ in new],
        "cards": [card_key(read, tap.card_id) for read, _, tap in new],
        "readers": [read.device_id for read, _, _ in new],
        "epochs": [read.epoch for read, _, _ in new],
        "seqs": [read.seq for read, _, _ in new],
        "months": [tap.local_month for _, _, tap in new],
        "issuers": [numbers[issuer] for issuer in issuers],
        "legs": [LEGS[ride["leg"]] for ride in rides],
        **{f"{code}s": [numbers[ride[code]] for ride in rides] for code in _CODES},
        **{name: [ride[name] for ride in rides] for name in _FIGURES},
    }
