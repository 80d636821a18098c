-- What was granted and used by the allowances, by the ledger's moves of the lots, and by the single uses. What a
-- refund run gave back of a use stands in the ledger alone.
WITH lines AS (
    SELECT t.to_account AS account, t.amount, t.from_class AS other, t.kind FROM pub.ledger_transfers t
    WHERE t.unit = ANY(%(units)s::text[]) AND t.to_class = 'member'
    UNION ALL
    SELECT t.from_account, -t.amount, t.to_class, t.kind FROM pub.ledger_transfers t
    WHERE t.unit = ANY(%(units)s::text[]) AND t.from_class = 'member'),
moved AS (
    SELECT a.holder AS member_id, a.unit, date_trunc('month', a.expires_on)::date AS month,
           coalesce(sum(l.amount) FILTER (WHERE l.other = 'budget' AND l.kind <> 'points.lapsed'), 0)::bigint AS moved_in,
           coalesce(-sum(l.amount) FILTER (WHERE l.other NOT IN ('budget', 'breakage') AND l.kind NOT LIKE 'refund.%%'),
                    0)::bigint AS moved_out
    FROM lines l JOIN pub.ledger_accounts a ON a.account_id = l.account
    WHERE a.expires_on IS NOT NULL
    GROUP BY 1, 2, 3),
uses AS (
    SELECT u.member_id, u.unit, u.month, sum(u.points)::bigint AS uses FROM entitlements_allowance_use u
    WHERE u.points > 0 GROUP BY 1, 2, 3)
SELECT member_id, unit, month, coalesce(e.granted, 0) AS granted, coalesce(e.used, 0) AS used,
       coalesce(m.moved_in, 0) AS moved_in, coalesce(m.moved_out, 0) AS moved_out, coalesce(u.uses, 0) AS uses
FROM entitlements_allowance e
FULL JOIN moved m USING (member_id, unit, month)
FULL JOIN uses u USING (member_id, unit, month)
WHERE coalesce(e.granted, 0) <> coalesce(m.moved_in, 0) OR coalesce(e.used, 0) <> coalesce(m.moved_out, 0)
   OR coalesce(e.used, 0) <> coalesce(u.uses, 0) OR coalesce(e.used, 0) > coalesce(e.granted, 0)
ORDER BY month, member_id LIMIT 100
