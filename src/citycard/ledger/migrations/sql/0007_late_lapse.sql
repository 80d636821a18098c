-- Lots of units that are filled each month wait some days past their last one: a late upload of that month still
-- finds its points. Otherwise as before: first which lots, along the index, then what moved in these, looked for from
-- the month of the lot's last day on: what came in by then changes no lapse's date, and no earlier lapse can have been.
DROP FUNCTION ledger_due_lots(date, date, bigint, integer);
CREATE FUNCTION ledger_due_lots(
    p_on date, p_day date, p_holder bigint, p_limit integer, p_units text[], p_days integer[]
)
RETURNS TABLE (id bigint, holder bigint, unit text, fund bigint, expires_on date, amount bigint,
               newest timestamptz, times bigint)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan SET max_parallel_workers_per_gather = 0 AS $$
BEGIN
    RETURN QUERY
    WITH due AS MATERIALIZED (
        SELECT a.id, a.holder, a.unit, a.fund, a.expires_on, b.amount,
               a.expires_on - extract(day FROM a.expires_on)::integer + 1 AS last_month
        FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
        WHERE a.class = 'member' AND a.expires_on < p_on AND a.expires_on < 'infinity'
          AND a.expires_on < p_on - coalesce(p_days[array_position(p_units, a.unit)], 0)
          AND b.amount > 0 AND (a.expires_on, a.holder) > (p_day, p_holder)
        ORDER BY a.expires_on, a.holder FETCH FIRST p_limit ROWS WITH TIES)
    SELECT d.id, d.holder, d.unit, d.fund, d.expires_on, d.amount, came.newest, went.times
    FROM due d
    CROSS JOIN LATERAL (
        SELECT max(t.at) AS newest FROM ledger_transfer t WHERE t.to_account = d.id
            AND t.booked_month >= d.last_month) came
    CROSS JOIN LATERAL (
        SELECT count(*) AS times FROM ledger_transfer t WHERE t.from_account = d.id
            AND t.booked_month >= d.last_month) went
    ORDER BY d.expires_on, d.holder, d.id;
END $$;
REVOKE ALL ON FUNCTION ledger_due_lots(date, date, bigint, integer, text[], integer[]) FROM public;
GRANT EXECUTE ON FUNCTION ledger_due_lots(date, date, bigint, integer, text[], integer[]) TO citycard_app;
