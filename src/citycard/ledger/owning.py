"""Whose a move is, by its key: for opening an access before anything is shown."""

import datetime as dt
import uuid
from typing import NamedTuple

from citycard.kernel.ids import key_time
from citycard.ledger import recalling

_PERSONS = ("member", "held")


class MoveOf(NamedTuple):
    """Which person a move is of, in which unit, and when the fact was that it is about."""

    holder: int
    unit: str
    at: dt.datetime


def whose(*, key: uuid.UUID) -> MoveOf | None:
    """Return the person of whose points a move is; None: of nobody's, or of several people's."""
    transfers = recalling.transfers_of([key]).get(key, ())
    sides = [side for one in transfers for side in (one.source, one.target)]
    people = {(side.holder, side.unit) for side in sides if side.account_class in _PERSONS}
    if len(people) != 1:
        return None
    [(holder, unit)] = people
    return MoveOf(holder or 0, unit, key_time(key))
