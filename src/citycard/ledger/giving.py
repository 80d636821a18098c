"""What budgets give to many people at once, in columns from the caller to the table."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from citycard.infra import columns as wire
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.ledger import booking
from citycard.ledger.columns import AccountColumns, MoveColumns
from citycard.ledger.moves import LARGEST

Numbers = npt.NDArray[Any]
_UNIX = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Pot(NamedTuple):
    """From which fund's budget into which lots, and what for."""

    unit: str
    fund_id: int
    expires_on: dt.date | None
    ref: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Gifts:
    """Moves of one kind from budgets to people, row by row in parallel columns.

    :ivar pot: the place of each one's pot in ``pots``
    :ivar key: fact keys as they lie in memory, 16 bytes each
    :ivar at_us: microseconds since 1970 in UTC
    """

    kind: str
    pots: Sequence[Pot]
    pot: Numbers
    key: Numbers
    at_us: Numbers
    holder: Numbers
    amount: Numbers

    def moves(self) -> list[MoveColumns]:
        """Return the same moves as any others are asked for, a unit each."""
        units = np.array([pot.unit for pot in self.pots])[self.pot]
        return [self._moves(str(unit), np.flatnonzero(units == unit)) for unit in np.unique(units)]

    def _moves(self, unit: str, places: Numbers) -> MoveColumns:
        pots = [self.pots[n] for n in self.pot[places].tolist()]
        funds = [pot.fund_id for pot in pots]
        return MoveColumns(
            key=[uuid.UUID(bytes=key) for key in self.key[places].tolist()],
            at=[_UNIX + dt.timedelta(microseconds=us) for us in self.at_us[places].tolist()],
            source=AccountColumns(account_class="budget", unit=unit, fund=funds),
            target=AccountColumns(
                account_class="member",
                unit=unit,
                holder=self.holder[places].tolist(),
                fund=funds,
                expires_on=[pot.expires_on for pot in pots],
            ),
            amount=self.amount[places].tolist(),
            kind=self.kind,
            ref=[pot.ref for pot in pots],
        )


def give_columns(*, gifts: Gifts, actor: Actor, now: dt.datetime) -> bool:
    """Post gifts at once, where nothing about them is out of the ordinary.

    :returns: False where nothing was done: ``move_columns`` of the same moves decides
    """
    require_unit_of_work()
    month = _month(gifts, now)
    if month is None or not _whole(gifts.amount):
        return False
    asked = {
        "month": month,
        "units": [pot.unit for pot in gifts.pots],
        "funds": [pot.fund_id for pot in gifts.pots],
        "lasts": [pot.expires_on for pot in gifts.pots],
        "refs": [pot.ref for pot in gifts.pots],
        "pots": wire.array(wire.INT4, gifts.pot + 1),
        "keys": wire.array(wire.UUID, gifts.key),
        "ats": wire.array(wire.INSTANT, wire.us_2000(gifts.at_us)),
        "holders": wire.array(wire.INT8, gifts.holder),
        "amounts": wire.array(wire.INT8, gifts.amount),
        "kind": gifts.kind,
        "actor": actor.id,
        "now": now,
    }
    (done,) = wire.ask(_GIVE, asked, [">i1"])
    return bool(done[0])


_GIVE = """
SELECT array[ledger_give(
    %(month)s::date, %(units)s::text[], %(funds)s::bigint[], %(lasts)s::date[], %(refs)s::text[],
    %(pots)s::integer[], %(keys)s::uuid[], %(ats)s::timestamptz[], %(holders)s::bigint[],
    %(amounts)s::bigint[], %(kind)s::text, %(actor)s::text, %(now)s::timestamptz)]
"""


def _month(gifts: Gifts, now: dt.datetime) -> dt.date | None:
    """Return the one local month that all keys' times lie in; None: there are several, or a key
    does not begin with the time of its fact, or that is out of this world."""
    if not len(gifts.key):
        return None
    begins = gifts.key.view("u1").reshape(-1, 16)[:, :6].astype(np.int64)
    times = begins @ (256 ** np.arange(5, -1, -1))
    if not booking.all_right(times * 1000, gifts.at_us, now):
        return None
    return booking.month_between(int(times.min()), int(times.max()))


def _whole(amount: Numbers) -> bool:
    return bool(amount.dtype.kind == "i" and amount.min() > 0 and amount.max() <= LARGEST)
