"""Reads: what waits at a counter, and what became of an application's card."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from citycard.cards import api as cards
from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.issuing import states
from citycard.issuing.values import PrintJob
from citycard.kernel.errors import NotFound

_SELECT = """
SELECT p.id AS print_id, p.public_id::text AS public_id, p.application_id, p.part_id, p.ref,
    p.member_id, p.card_kind,
    p.medium, p.counter, p.state, p.attempt,
    p.bitmap_sha256 IS NOT NULL AS is_drawn, b.number, p.missing_glyphs, p.last_fault, p.queued_at,
    p.printed_at, p.handed_over_at, p.version
FROM issuing_print p LEFT JOIN issuing_blank b ON b.id = p.blank_id
"""


def waiting_jobs(
    *,
    counter: str | None,
    states_shown: Collection[str] = tuple(sorted(states.PRINT_OPEN)),
    limit: int = 200,
) -> list[PrintJob]:
    """Return the cards in the making at a counter (None: everywhere), oldest first; names no
    one."""
    found = rows(
        f"{_SELECT} WHERE p.state = ANY(%s::text[]) AND (%s::text IS NULL OR p.counter = %s)"
        " ORDER BY p.queued_at, p.id LIMIT %s",
        [list(states_shown), counter, counter, limit],
    )
    return [_job(one) for one in found]


def print_job(*, print_id: int) -> PrintJob:
    """Return one print.

    :raises NotFound: there is none
    """
    found = rows(f"{_SELECT} WHERE p.id = %s", [print_id])
    if not found:
        raise NotFound(what="card to print")
    return _job(found[0])


def jobs_of_applications(*, application_ids: Sequence[int]) -> list[PrintJob]:
    """Return the prints of applications, cancelled ones left out."""
    found = rows(
        f"{_SELECT} WHERE p.application_id = ANY(%s::bigint[]) AND p.state <> 'cancelled' ORDER"
        " BY p.id",
        [list(application_ids)],
    )
    return [_job(one) for one in found]


def jobs_of_member(*, member_id: int) -> list[PrintJob]:
    """Return the cards in the making for a member, newest first."""
    found = rows(
        f"{_SELECT} WHERE p.member_id = %s AND p.state = ANY(%s::text[]) ORDER BY p.id DESC",
        [member_id, sorted(states.PRINT_OPEN)],
    )
    return [_job(one) for one in found]


def handed_over_on(*, counter: str, on: dt.date) -> int:
    """Return how many cards a counter handed over on a local day."""
    time = current_pack().time
    (found,) = rows(
        "SELECT count(*) AS n FROM issuing_print WHERE handed_over_counter = %s"
        " AND handed_over_at >= %s AND handed_over_at < %s",
        [counter, time.midnight(on), time.midnight(on + dt.timedelta(days=1))],
    )
    return int(found.n)


def _job(one: Any) -> PrintJob:
    values = one._asdict()
    number = values.pop("number")
    kinds = current_pack().table("cards")["kinds"]
    kind = kinds.get(one.card_kind)
    return PrintJob(
        **{**values, "missing_glyphs": tuple(one.missing_glyphs)},
        kind_name=dict(kind["name"]) if kind else {},
        number_masked=masked(medium=one.medium, number=number) if number else None,
    )


def masked(*, medium: str, number: str) -> str:
    """Return a blank's number with the places hidden that the pack names."""
    table = cards.card_table()
    shown = table.media[medium].shown
    return table.masked(medium, {shown: number}, number[-4:])
