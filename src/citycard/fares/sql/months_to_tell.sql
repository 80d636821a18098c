-- Months up to one that no standing closing before it told of, or that were decided since the last of these: a decision is
-- committed a while after the time it bears, so a day more is looked at.
WITH standing AS (
    SELECT f.month, f.frozen_at FROM fares_closing f
    JOIN pub.ledger_closings c ON c.month = f.month AND c.version = f.version AND c.reopened_at IS NULL
    WHERE f.month < %(month)s
), told AS (
    SELECT DISTINCT s.month FROM fares_statement s
    JOIN pub.ledger_closings c ON c.month = s.closing_month AND c.version = s.version AND c.reopened_at IS NULL
    WHERE s.closing_month < %(month)s
)
SELECT m.month FROM unnest(%(ridden)s::date[]) AS m(month)
WHERE m.month <= %(month)s AND NOT EXISTS (SELECT FROM told t WHERE t.month = m.month)
UNION
SELECT DISTINCT d.local_month FROM fares_decision d
WHERE d.local_month <= %(month)s AND d.decided_at >= (SELECT max(frozen_at) FROM standing) - interval '1 day'
ORDER BY month
