"""Reads: a resident's history, and how readers' uploads stand."""

import datetime as dt
from typing import Any

from citycard.infra.database import rows
from citycard.kernel.access import Access
from citycard.kernel.errors import NotFound
from citycard.taps.codes import Code
from citycard.taps.values import AmbiguousTap, ReaderHealth, TapView

_RECENT = """
SELECT at, service, agency, place, code, points, card_id, late,
       reader_id || '-' || epoch || '-' || seq AS tap
FROM taps_tap t JOIN taps_site s ON s.id = t.site_id
WHERE member_id = %(member)s AND at < coalesce(%(before)s::timestamptz, 'infinity')
  AND local_month >= coalesce(%(before)s::timestamptz, now()) - %(months)s * interval '1 month'
ORDER BY at DESC LIMIT %(limit)s
"""
_MONTHS = (3, 12_000)
"""A person's taps are put in order as they are read: those of a few months do for most pages."""


def recent(
    *, access: Access, member_id: int, limit: int = 20, before: dt.datetime | None = None
) -> list[TapView]:
    """Return a member's taps, newest first.

    :param access: must cover the field ``taps`` of this member
    :param before: only taps of earlier than this, for the next page
    :raises AccessTooNarrow: the access doesn't cover it
    """
    access.require("taps", members=[member_id])
    asked = {"member": member_id, "before": before, "limit": limit}
    for months in _MONTHS:
        found = rows(_RECENT, {**asked, "months": months})
        if len(found) == limit:
            break
    return [_view(row) for row in found]


_ONE = """
SELECT at, service, agency, place, code, points, card_id, late,
       reader_id || '-' || epoch || '-' || seq AS tap
FROM taps_tap t JOIN taps_site s ON s.id = t.site_id
WHERE reader_id = %s AND epoch = %s AND seq = %s AND member_id = %s
"""


def tap_of(*, access: Access, member_id: int, tap: tuple[int, int, int]) -> TapView:
    """Return one of a member's taps.

    :param access: must cover the field ``taps`` of this member
    :param tap: reader, epoch and sequence
    :raises NotFound: the member made no such tap
    :raises AccessTooNarrow: the access doesn't cover it
    """
    access.require("taps", members=[member_id])
    for row in rows(_ONE, [*tap, member_id]):
        return _view(row)
    raise NotFound(what="tap")


def whose(*, tap: tuple[int, int, int]) -> tuple[int, dt.datetime] | None:
    """Return which member made a tap, and when, for opening an access; None: nobody we know.

    :param tap: reader, epoch and sequence
    """
    found = rows(
        "SELECT member_id, at FROM taps_tap WHERE reader_id = %s AND epoch = %s AND seq = %s"
        " AND member_id IS NOT NULL",
        [*tap],
    )
    return (found[0].member_id, found[0].at) if found else None


def _view(row: Any) -> TapView:
    return TapView(**{**row._asdict(), "code": Code(row.code)})


_HEALTH = """
SELECT e.reader_id, e.epoch, e.last_at, e.last_received_at,
       make_interval(secs => e.usual_gap_s) AS usual_gap,
       coalesce(m.taken, 0)::bigint AS taken,
       coalesce(m.last - m.first + 1 - m.taken, 0)::bigint AS missing,
       (SELECT count(*) FROM taps_conflict c WHERE c.reader_id = e.reader_id AND c.epoch = e.epoch)
           AS conflicts,
       (SELECT count(*) FROM taps_quarantine q WHERE q.reader_id = e.reader_id AND q.epoch =
           e.epoch)
           AS quarantined
FROM taps_reader_epoch e
LEFT JOIN LATERAL (
    SELECT sum(upper(r) - lower(r)) AS taken, min(lower(r)) AS first, max(upper(r)) - 1 AS last
    FROM unnest(e.accepted) AS r) m ON true
ORDER BY e.reader_id, e.epoch
"""


def reader_health() -> list[ReaderHealth]:
    """Return how many taps of each reader and epoch came, are missing, and were kept apart."""
    return [ReaderHealth(**row._asdict()) for row in rows(_HEALTH)]


_AMBIGUOUS = """
SELECT a.reader_id, a.epoch, a.seq, a.at, a.received_at, a.agency, a.issuer, a.number_kind,
       t.number_tail AS tail
FROM taps_ambiguous a
JOIN taps_tap t ON t.local_month = a.local_month AND t.reader_id = a.reader_id
               AND t.seq = a.seq AND t.epoch = a.epoch
WHERE %s::text IS NULL OR a.agency = %s
ORDER BY a.at DESC, a.id DESC LIMIT %s
"""


def ambiguous(*, agency: str | None = None, limit: int = 100) -> list[AmbiguousTap]:
    """Return taps whose numbers can mean two cards, newest first: of an agency's readers or all.

    The whole number stays sealed; its last digits and the reader are enough to go and look.
    """
    return [AmbiguousTap(**row._asdict()) for row in rows(_AMBIGUOUS, [agency, agency, limit])]
