"""Follow the taps: count each batch once, in the unit of work that also moves the subscriber's
cursor."""

import datetime as dt
import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from citycard.infra.clock import city_time
from citycard.infra.crypto import keyed_hmac
from citycard.infra.database import execute, rows, statement
from citycard.infra.journal import Announced
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.insight.adding import add
from citycard.insight.counting import SeenTap, count
from citycard.taps import api as taps

SERVED = [int(code) for code in taps.Code if code.is_accepted]


def absorb_taps(batch: Sequence[Announced]) -> None:
    """Add announced batches of taps to the figures; a batch that was counted before changes
    nothing."""
    require_unit_of_work()
    batches = _new_batches([event.body["batch_id"] for event in batch])
    if not batches:
        return
    months = {dt.date.fromisoformat(month) for event in batch for month in event.body["months"]}
    add(count(_taps(sorted(months), batches), pseudonym=pseudonym))


def _taps(months: list[dt.date], batches: list[int]) -> Iterator[SeenTap]:
    """Read the taps of batches; the bounds let an index over batches do its work."""
    found = rows(
        """
        SELECT at, service, agency, place, member_id, code FROM pub.taps
        WHERE local_month = ANY(%(months)s::date[]) AND batch_id = ANY(%(batches)s::bigint[])
          AND batch_id BETWEEN %(first)s AND %(last)s
        """,
        {"months": months, "batches": batches, "first": batches[0], "last": batches[-1]},
    )
    return seen_taps(found)


def seen_taps(found: Iterable[Any]) -> Iterator[SeenTap]:
    """Turn rows of ``pub.taps`` into what the figures count."""
    day_of = city_time().day
    for row in found:
        yield SeenTap(
            day=day_of(row.at),
            service=row.service,
            agency=row.agency,
            place=row.place,
            member_id=row.member_id,
            served=row.code in SERVED,
        )


def _new_batches(batch_ids: Sequence[int]) -> list[int]:
    """Mark batches as counted and return those that were not, in order."""
    found = rows(statement(__file__, "mark_absorbed"), {"batches": sorted(set(batch_ids))})
    new = sorted(row.batch_id for row in found)
    if new:
        execute(statement(__file__, "add_absorbed"), [new])
    return new


@functools.lru_cache(maxsize=100_000)
def pseudonym(service: str, member_id: int) -> bytes:
    """Return who somebody is within one service; two services share no equal value."""
    return keyed_hmac("insight", service, member_id)
