"""Differences between the three books, as an officer sees and settles them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from citycard.infra.database import execute, row, rows, scalar
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import NotFound, Refused
from citycard.redemptions.ruling import SHORTEST_REASON, ReasonMissing, rule

Kind = Literal[
    "missing_ledger", "missing_file", "missing_kiosk", "amount_differs", "cloned", "tampered"
]
Ruling = Literal["explained", "written", "not_written"]
RULINGS = frozenset({"explained", "written", "not_written"})


class RulingMissing(Refused):
    """Say what is true of the card: explained, written or not written."""

    code = "redemptions.ruling_missing"


class DifferenceSettled(Refused):
    """This difference has been dealt with already."""

    code = "redemptions.difference_settled"


class NoRedemption(Refused):
    """No redemption stands behind this difference; it can only be explained."""

    code = "redemptions.no_redemption"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Where the three books do not agree over one loading, without saying whose it is.

    :ivar day: the local day of the loading
    :ivar found_on: the day of detection
    :ivar session_id: the redemption behind it; None where the city knows of none
    :ivar kiosk_ntd, file_ntd, ledger_ntd: what each book says, in NT$; None: nothing
    :ivar detail: a code that says more
    :ivar arrived_on: what was missing came on that day: it was only late
    """

    id: int
    kind: Kind
    item: str
    day: dt.date
    found_on: dt.date
    counter: int | None
    session_id: int | None
    terminal: str
    place: str
    kiosk_ntd: int | None
    file_ntd: int | None
    ledger_ntd: int | None
    detail: str
    state: Literal["open", "arrived", "settled"]
    arrived_on: dt.date | None
    settled_at: dt.datetime | None
    settled_by: str | None
    ruling: Ruling | None
    reason: str

    @property
    def is_late(self) -> bool:
        """Tell whether what was missing came after all."""
        return self.arrived_on is not None


@dataclass(frozen=True, kw_only=True)
class ReconciledDay:
    """A day's three sums and what is still open of it; money in NT$."""

    day: dt.date
    kiosk_lines: int
    kiosk_ntd: int
    file_lines: int
    file_ntd: int
    ledger_lines: int
    ledger_ntd: int
    open: int
    found: int
    run_at: dt.datetime


_DIFFERENCES = """
SELECT d.id, d.kind, d.item, d.day, d.found_on, d.counter,
       coalesce(d.session_id, s.id) AS session_id, d.terminal,
       coalesce(s.place, v.place, '') AS place, d.kiosk_ntd, d.file_ntd, d.ledger_ntd, d.detail,
       d.state, d.arrived_on, d.settled_at, d.settled_by, d.ruling, d.reason
FROM redemptions_difference d
LEFT JOIN LATERAL (
    SELECT o.id, o.place FROM redemptions_session o
    WHERE o.id = d.session_id
       OR (d.session_id IS NULL AND o.way = 'card' AND o.card_id = d.card_id
           AND o.counter_before = d.counter - 1 AND o.terminal = d.terminal
           AND o.writing_at IS NOT NULL)
    ORDER BY o.id DESC LIMIT 1) s ON true
LEFT JOIN pub.devices v ON v.code = d.terminal
"""


def differences(
    *, state: str | None = "open", day: dt.date | None = None, limit: int = 200
) -> list[Difference]:
    """Return differences, newest day first; of one day, or in one state, if asked."""
    found = rows(
        f"{_DIFFERENCES} WHERE (%(state)s::text IS NULL OR d.state = %(state)s)"
        " AND (%(day)s::date IS NULL OR d.day = %(day)s)"
        " ORDER BY d.day DESC, d.id DESC LIMIT %(limit)s",
        {"state": state, "day": day, "limit": limit},
    )
    return [Difference(**one._asdict()) for one in found]


def difference(*, difference_id: int) -> Difference:
    """Return one difference.

    :raises NotFound: there is none of this number
    """
    found = row(f"{_DIFFERENCES} WHERE d.id = %s", [difference_id])
    if found is None:
        raise NotFound(what="difference")
    return Difference(**found._asdict())


def open_differences() -> int:
    """Return how many differences wait for an officer."""
    return int(scalar("SELECT count(*) FROM redemptions_difference WHERE state = 'open'"))


def reconciled_days(*, limit: int = 31) -> Sequence[ReconciledDay]:
    """Return the days that were compared, newest first."""
    found = rows(
        """
        SELECT r.day, r.kiosk_lines, r.kiosk_ntd, r.file_lines, r.file_ntd, r.ledger_lines,
               r.ledger_ntd, coalesce(d.open, 0) AS open, coalesce(d.found, 0) AS found, r.run_at
        FROM (SELECT * FROM redemptions_reconciled ORDER BY day DESC LIMIT %s) r
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE state = 'open')::int AS open, count(*)::int AS found
            FROM redemptions_difference WHERE day = r.day) d ON true
        ORDER BY r.day DESC
        """,
        [limit],
    )
    return [ReconciledDay(**one._asdict()) for one in found]


def settle_difference(
    *, difference_id: int, ruling: str, reason: str, actor: Actor, now: dt.datetime
) -> Difference:
    """Settle a difference with a reason. ``explained`` moves nothing; ``written`` and
    ``not_written`` say what is true of the card, and end a session that hangs, or make a wrong end
    good (points go back, or are taken again).

    :raises NotFound: there is no such difference
    :param ruling: ``explained``, ``written`` or ``not_written``
    :raises RulingMissing: none of these
    :raises ReasonMissing: an officer must say why
    :raises DifferenceSettled: somebody, or what arrived, was faster
    :raises NoRedemption: no session stands behind it
    """
    require_unit_of_work()
    if ruling not in RULINGS:
        raise RulingMissing()
    if len(reason.strip()) < SHORTEST_REASON:
        raise ReasonMissing()
    execute("SELECT FROM redemptions_difference WHERE id = %s FOR UPDATE", [difference_id])
    found = difference(difference_id=difference_id)
    if found.state != "open":
        raise DifferenceSettled()
    if ruling != "explained":
        if found.session_id is None:
            raise NoRedemption()
        rule(
            session_id=found.session_id,
            written=ruling == "written",
            reason=reason,
            actor=actor,
            now=now,
        )
    execute(
        """
        UPDATE redemptions_difference
        SET state = 'settled', settled_at = %s, settled_by = %s, ruling = %s, reason = %s
        WHERE id = %s
        """,
        [now, actor.id, ruling, reason.strip()[:300], difference_id],
    )
    return difference(difference_id=difference_id)
