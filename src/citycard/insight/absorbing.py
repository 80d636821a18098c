"""Follow the taps: count each batch once, in the unit of work that also moves the subscriber's
cursor."""

import datetime as dt
from collections.abc import Sequence

from citycard.infra.database import execute, rows, statement
from citycard.infra.journal import Announced
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.insight.adding import add
from citycard.insight.reading import read_taps


def absorb_taps(batch: Sequence[Announced]) -> None:
    """Add announced batches of taps to the figures; a batch that was counted before changes
    nothing."""
    require_unit_of_work()
    batches = _new_batches([event.body["batch_id"] for event in batch])
    if not batches:
        return
    months = {dt.date.fromisoformat(month) for event in batch for month in event.body["months"]}
    add(read_taps(months=sorted(months), batches=batches))


def _new_batches(batch_ids: Sequence[int]) -> list[int]:
    """Mark batches as counted and return those that were not, in order.

    The mark's lock lets one writer at a time change the figures. While a recount or a history file
    has it, the subscriber's turn ends here and is tried again: those who share its rounds don't
    wait.
    """
    found = rows(statement(__file__, "mark_absorbed"), {"batches": sorted(set(batch_ids))})
    new = sorted(row.batch_id for row in found)
    if new:
        execute(statement(__file__, "add_absorbed"), [new])
    return new
