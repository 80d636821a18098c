"""Reading the ledger: what a person has, how it came and went, and the books as a whole."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from citycard.infra.database import row, rows
from citycard.kernel.access import Access
from citycard.kernel.periods import next_month
from citycard.ledger import booking
from citycard.ledger.moves import Part


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What a person has of one unit on a day.

    :ivar available: may be spent on the day
    :ivar held: on its way, say being loaded onto a card
    :ivar lots: what is available, in the order in which it will be spent
    """

    available: int
    held: int
    lots: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One move as its holder sees it.

    :ivar amount: by how much what they may spend changed; 0 when a hold was settled
    :ivar held: by how much what is on its way changed
    :ivar other: the other side: account class, or class and code (``partner:easycard``)
    :ivar parts: by fund and last day
    """

    key: uuid.UUID
    at: dt.datetime
    kind: str
    amount: int
    held: int
    other: str
    ref: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class StatementLine:
    """What one fund gave in a month, and what of it came to one partner.

    :ivar partner: the partner's code; None on the line of what was given and taken back
    """

    fund: int
    campaign_ref: str
    unit: str
    partner: str | None
    awarded: int
    redeemed: int


@dataclass(frozen=True, kw_only=True)
class TrialLine:
    """The sum of all accounts of one class, unit and code; over a unit these add up to zero."""

    account_class: str
    unit: str
    code: str
    amount: int


FIELD = "points"


def balances(
    *, holders: Sequence[int], unit: str, on: dt.date, access: Access | None
) -> dict[int, Balance]:
    """Return what people have of one unit; everybody asked for is in the answer.

    :param on: the local day: lots whose last day has passed are not counted
    :param access: must cover the people and the field ``points``; None for machine use only
    """
    if access is not None:
        access.require(FIELD, members=holders)
    found = rows(
        """
        SELECT a.holder, a.class AS class_, a.fund, b.amount,
               nullif(a.expires_on, 'infinity') AS expires_on
        FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
        WHERE a.holder = ANY (%s::bigint[]) AND a.unit = %s::text AND b.amount > 0
          AND (a.class = 'held' OR (a.class = 'member' AND a.expires_on >= %s::date))
        ORDER BY a.holder, a.expires_on, a.fund
        """,
        [list(holders), unit, on],
        prepare=True,
    )
    rows_of: dict[int, list[Any]] = {holder: [] for holder in holders}
    for lot in found:
        rows_of[lot.holder].append(lot)
    return {holder: _balance(lots) for holder, lots in rows_of.items()}


def _balance(found: Sequence[Any]) -> Balance:
    lots = tuple(_part(row, row.amount) for row in found if row.class_ == "member")
    held = sum(row.amount for row in found if row.class_ == "held")
    return Balance(available=sum(lot.amount for lot in lots), held=held, lots=lots)


def _part(row: Any, amount: int) -> Part:
    return Part(fund=row.fund, expires_on=row.expires_on, amount=amount)


# A person has few accounts, and these have few moves: found by account, put in order by key.
_HISTORY = """
WITH own AS (
    SELECT id, class, fund, expires_on FROM ledger_account
    WHERE holder = %(holder)s::bigint AND unit = %(unit)s::text AND class IN ('member', 'held')),
lines AS (
    SELECT s.* FROM own o CROSS JOIN LATERAL (
        SELECT t.key, t.booked_month FROM ledger_transfer t
        WHERE t.from_account = o.id AND t.key < %(before)s::uuid
        ORDER BY t.key DESC LIMIT %(limit)s::bigint) s
    UNION
    SELECT d.* FROM own o CROSS JOIN LATERAL (
        SELECT t.key, t.booked_month FROM ledger_transfer t
        WHERE t.to_account = o.id AND t.key < %(before)s::uuid
        ORDER BY t.key DESC LIMIT %(limit)s::bigint) d),
newest AS (SELECT key, booked_month FROM lines ORDER BY key DESC LIMIT %(limit)s::bigint)
SELECT t.key, t.line, t.at, t.kind, t.ref, t.amount,
       s.class AS source, s.code AS source_code, d.class AS target, d.code AS target_code,
       CASE WHEN f.id IS NULL THEN o.fund ELSE f.fund END AS fund,
       nullif(CASE WHEN f.id IS NULL THEN o.expires_on ELSE f.expires_on END, 'infinity')
           AS expires_on,
       f.class AS from_own, o.class AS to_own
FROM newest n
JOIN ledger_transfer t ON t.booked_month = n.booked_month AND t.key = n.key
JOIN ledger_account s ON s.id = t.from_account
JOIN ledger_account d ON d.id = t.to_account
LEFT JOIN own f ON f.id = t.from_account
LEFT JOIN own o ON o.id = t.to_account
WHERE f.id IS NOT NULL OR o.id IS NOT NULL
ORDER BY t.key DESC, t.line
"""
_LAST_KEY = uuid.UUID(int=2**128 - 1)


def history(
    *,
    holder: int,
    unit: str,
    limit: int = 20,
    before: uuid.UUID | None = None,
    access: Access | None,
) -> list[Entry]:
    """Return a person's moves of one unit, newest first.

    :param before: the key of the last entry of the page before
    :param access: must cover the person and the field ``points_history``; None for machine use only
    """
    if access is not None:
        access.require("points_history", members=[holder])
    found = rows(
        _HISTORY,
        {"holder": holder, "unit": unit, "limit": limit, "before": before or _LAST_KEY},
        prepare=True,
    )
    lines_of: dict[uuid.UUID, list[Any]] = {}
    for line in found:
        lines_of.setdefault(line.key, []).append(line)
    return [_entry(lines) for lines in lines_of.values()]


def _entry(lines: Sequence[Any]) -> Entry:
    first = lines[0]
    return Entry(
        key=first.key,
        at=first.at,
        kind=first.kind,
        ref=first.ref,
        amount=_change(lines, "member"),
        held=_change(lines, "held"),
        other=_other(first),
        parts=tuple(_part(line, line.amount) for line in lines),
    )


def _change(lines: Sequence[Any], own: str) -> int:
    came = sum(int(line.amount) for line in lines if line.to_own == own)
    return came - sum(int(line.amount) for line in lines if line.from_own == own)


def _other(line: Any) -> str:
    theirs = (line.target, line.target_code) if line.from_own else (line.source, line.source_code)
    return ":".join(part for part in theirs if part)


def statement(*, agency: str, month: dt.date) -> list[StatementLine]:
    """Return what an agency's funds gave and what partners redeemed, of one booking month."""
    found = rows(
        """
        WITH month AS (
            SELECT s.fund, s.class, d.class AS other, d.code, t.amount
            FROM ledger_transfer t JOIN ledger_account s ON s.id = t.from_account
            JOIN ledger_account d ON d.id = t.to_account
            WHERE t.booked_month = %(month)s
            UNION ALL
            SELECT d.fund, d.class, s.class, s.code, -t.amount
            FROM ledger_transfer t JOIN ledger_account s ON s.id = t.from_account
            JOIN ledger_account d ON d.id = t.to_account
            WHERE t.booked_month = %(month)s),
        moved AS (
            SELECT m.*, f.campaign_ref, f.unit FROM month m
            JOIN ledger_fund f ON f.id = m.fund WHERE f.agency = %(agency)s)
        SELECT fund, campaign_ref, unit, nullif(code, '') AS partner,
               coalesce(sum(amount) FILTER (WHERE class = 'budget'), 0)::bigint AS awarded,
               coalesce(sum(amount) FILTER (WHERE class <> 'budget'), 0)::bigint AS redeemed
        FROM moved
        WHERE (class = 'budget' AND other IN ('member', 'held'))
           OR (class IN ('member', 'held') AND other = 'partner')
        GROUP BY fund, campaign_ref, unit, code ORDER BY fund, code
        """,
        {"agency": agency, "month": month.replace(day=1)},
    )
    return [StatementLine(**row._asdict()) for row in found]


_TRIAL = """
WITH moved AS (
    SELECT from_account AS account, -amount AS amount FROM ledger_transfer
    WHERE booked_month > %(closed)s AND booked_month < %(after)s AND at < %(until)s
    UNION ALL
    SELECT to_account, amount FROM ledger_transfer
    WHERE booked_month > %(closed)s AND booked_month < %(after)s AND at < %(until)s),
summed AS (
    SELECT a.class, a.unit, a.code, sum(m.amount) AS amount
    FROM moved m JOIN ledger_account a ON a.id = m.account GROUP BY 1, 2, 3
    UNION ALL
    SELECT class, unit, code, amount FROM ledger_closing_standing WHERE closing_id = %(closing)s)
SELECT class AS account_class, unit, code, sum(amount)::bigint AS amount
FROM summed GROUP BY 1, 2, 3 ORDER BY 2, 1, 3
"""


def trial_balance(*, on: dt.date) -> list[TrialLine]:
    """Return every class of accounts at the end of a local day; over each unit the lines add up to
    zero.

    What closed months came to is taken from their closings; only what was booked since is read.
    """
    last = row(
        "SELECT id, month FROM ledger_closing WHERE state <> 'begun' AND reopened_at IS NULL"
        " AND month < %s ORDER BY month DESC LIMIT 1",
        [(on + dt.timedelta(days=1)).replace(day=1)],
    )
    asked = {
        "closed": last.month if last else dt.date.min,
        "closing": last.id if last else None,
        "after": next_month(on),
        "until": booking.end_of(on),
    }
    return [TrialLine(**line._asdict()) for line in rows(_TRIAL, asked)]
