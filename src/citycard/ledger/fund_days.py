"""A fund's points day by day: put in, given, redeemed, lapsed, given back; and what was left."""

import datetime as dt
from dataclasses import dataclass

from citycard.infra.database import rows
from citycard.infra.packs import current_pack


@dataclass(frozen=True, kw_only=True)
class FundDay:
    """A local day on which a fund's points moved; the sums of all days are ``fund_totals``.

    :ivar added: put into the budget
    :ivar given: to people, less what was taken back from them
    :ivar redeemed: with partners, less what they gave back
    :ivar lapsed: unspent after their last day, wherever they went
    :ivar returned: from the budget to its issuer
    :ivar left: in the budget at the end of the day
    """

    day: dt.date
    added: int
    given: int
    redeemed: int
    lapsed: int
    returned: int
    left: int


_DAYS = """
WITH account AS (SELECT id, class FROM ledger_account WHERE fund = %(fund)s AND fund <> 0),
moved AS (
    SELECT t.at, t.kind, t.amount, a.class AS source, o.class AS target
    FROM account a
    JOIN ledger_transfer t ON t.from_account = a.id
    JOIN ledger_account o ON o.id = t.to_account
    UNION ALL
    SELECT t.at, t.kind, t.amount, o.class, a.class
    FROM account a
    JOIN ledger_transfer t ON t.to_account = a.id
    JOIN ledger_account o ON o.id = t.from_account AND o.fund <> %(fund)s)
SELECT (at AT TIME ZONE %(zone)s)::date AS day,
       coalesce(sum(amount) FILTER (WHERE source = 'issuer' AND target = 'budget'), 0)::bigint
           AS added,
       coalesce(sum(amount) FILTER (WHERE source = 'budget' AND target IN ('member', 'held')), 0)
         ::bigint AS awarded,
       coalesce(sum(amount) FILTER (WHERE source IN ('member', 'held') AND target = 'budget'
                                    AND kind <> 'points.lapsed'), 0)::bigint AS taken_back,
       coalesce(sum(amount) FILTER (WHERE source IN ('member', 'held') AND target = 'partner'), 0)
         ::bigint
       - coalesce(sum(amount) FILTER (WHERE source = 'partner'), 0)::bigint AS redeemed,
       coalesce(sum(amount) FILTER (WHERE target = 'breakage' OR kind = 'points.lapsed'), 0)::bigint
       - coalesce(sum(amount) FILTER (WHERE source = 'breakage'), 0)::bigint AS lapsed,
       coalesce(sum(amount) FILTER (WHERE source = 'budget' AND target = 'issuer'), 0)::bigint
           AS returned,
       coalesce(sum(CASE WHEN target = 'budget' THEN amount WHEN source = 'budget' THEN -amount
                    END), 0)::bigint AS change
FROM moved GROUP BY 1 ORDER BY 1
"""


def fund_days(*, fund_id: int) -> list[FundDay]:
    """Return each local day on which a fund's points moved, earliest first; counted from moves."""
    zone = str(current_pack().time.zone)
    days, left = [], 0
    for row in rows(_DAYS, {"fund": fund_id, "zone": zone}):
        left += row.change
        days.append(
            FundDay(
                day=row.day,
                added=row.added,
                given=row.awarded - row.taken_back,
                redeemed=row.redeemed,
                lapsed=row.lapsed,
                returned=row.returned,
                left=left,
            )
        )
    return days
