-- Find accounts by what they are, open those that are new; returns ids in the order asked for.
-- New ones are written in index order, so that two batches that open the same ones can't cross.
CREATE FUNCTION ledger_open_accounts(
    a_class text[], a_unit text[], a_holder bigint[], a_fund bigint[], a_expires_on date[], a_code text[]
) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_ids bigint[];
    v_missing boolean;
BEGIN
    FOR attempt IN 1..2 LOOP
        SELECT array_agg(a.id ORDER BY r.n), bool_or(a.id IS NULL) INTO v_ids, v_missing
        FROM unnest(a_class, a_unit, a_holder, a_fund, a_expires_on, a_code)
             WITH ORDINALITY AS r(class, unit, holder, fund, expires_on, code, n)
        LEFT JOIN LATERAL (
            SELECT id FROM ledger_account a
            WHERE a.holder = coalesce(r.holder, 0) AND a.unit = r.unit AND a.class = r.class
              AND a.expires_on = coalesce(r.expires_on, 'infinity')
              AND a.fund = coalesce(r.fund, 0) AND a.code = coalesce(r.code, '')
            LIMIT 1) a ON true;
        EXIT WHEN NOT v_missing;
        WITH opened AS (
            INSERT INTO ledger_account (id, holder, fund, expires_on, class, unit, code)
            SELECT CASE WHEN r.holder IS NULL THEN nextval('ledger_city_account_id')
                        ELSE nextval('ledger_holder_account_id') END,
                   coalesce(r.holder, 0), coalesce(r.fund, 0), coalesce(r.expires_on, 'infinity'),
                   r.class, r.unit, coalesce(r.code, '')
            FROM unnest(a_class, a_unit, a_holder, a_fund, a_expires_on, a_code, v_ids)
                 AS r(class, unit, holder, fund, expires_on, code, id)
            WHERE r.id IS NULL
            ORDER BY 2, r.unit, r.class, 4, 3, 7
            ON CONFLICT DO NOTHING
            RETURNING id, class)
        INSERT INTO ledger_balance (account_id, amount)
        SELECT id, 0 FROM opened WHERE class IN ('budget', 'member', 'held', 'stock') ORDER BY id;
    END LOOP;
    RETURN v_ids;
END $$;

-- Post a batch of moves, each whole or not at all, decided in order; returns one row a move.
-- Accounts (a_) are listed once; transfers (t_) point at them and at their move (m_) by position.
-- Locks balances by id. A known key is answered from what is stored, whatever the balances are now.
-- Planned anew each time: a plan made while the tables were small would be kept for a connection's life, and one
-- that walks a whole index costs more with every account.
CREATE FUNCTION ledger_post(
    a_class text[], a_unit text[], a_holder bigint[], a_fund bigint[], a_expires_on date[], a_code text[],
    m_key uuid[], m_month date[], m_kind text[], m_at timestamptz[], m_reverses uuid[], m_ref text[],
    m_hash uuid[],
    t_move integer[], t_from integer[], t_to integer[], t_amount bigint[],
    p_actor text, p_now timestamptz
) RETURNS TABLE (outcome text, short_account integer, short_had bigint, short_wanted bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_ids bigint[];
    v_had bigint[];
    v_now bigint[];
    v_outcome text[];
    v_line smallint[];
    v_short integer[] := array_fill(NULL::integer, ARRAY[cardinality(m_key)]);
    v_short_had bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(m_key)]);
    v_short_wanted bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(m_key)]);
    v_transfers integer := cardinality(t_move);
    v_first integer;
    t integer := 1;
    a integer;
BEGIN
    PERFORM citycard_ensure_partition('ledger_transfer', months.month)
    FROM (SELECT DISTINCT unnest(m_month) AS month) months
    WHERE to_regclass('ledger_transfer_' || to_char(months.month, 'YYYYMM')) IS NULL;

    v_ids := ledger_open_accounts(a_class, a_unit, a_holder, a_fund, a_expires_on, a_code);

    WITH locked AS MATERIALIZED (
        SELECT account_id, amount FROM ledger_balance
        WHERE account_id = ANY (v_ids) ORDER BY account_id FOR NO KEY UPDATE)
    SELECT array_agg(l.amount ORDER BY p.n) INTO v_had
    FROM unnest(v_ids) WITH ORDINALITY AS p(id, n) LEFT JOIN locked l ON l.account_id = p.id;
    v_now := v_had;

    SELECT array_agg(CASE WHEN k.content_hash IS NULL THEN 'posted'
                          WHEN k.content_hash = m.hash THEN 'duplicate'
                          ELSE 'key_used' END ORDER BY m.n) INTO v_outcome
    FROM unnest(m_key, m_month, m_hash) WITH ORDINALITY AS m(key, month, hash, n)
    LEFT JOIN LATERAL (
        SELECT content_hash FROM ledger_transfer
        WHERE booked_month = m.month AND key = m.key LIMIT 1) k ON true;

    v_line := array_fill(0::smallint, ARRAY[v_transfers]);
    FOR m IN 1..cardinality(m_key) LOOP
        v_first := t;
        WHILE t <= v_transfers AND t_move[t] = m LOOP
            IF v_outcome[m] = 'posted' THEN
                v_line[t] := (t - v_first)::smallint;
                v_now[t_from[t]] := v_now[t_from[t]] - t_amount[t];
                v_now[t_to[t]] := v_now[t_to[t]] + t_amount[t];
            END IF;
            t := t + 1;
        END LOOP;
        CONTINUE WHEN v_outcome[m] <> 'posted';
        FOR i IN v_first..t - 1 LOOP
            IF v_now[t_from[i]] < 0 THEN
                v_outcome[m] := 'short';
                v_short[m] := t_from[i];
                EXIT;
            END IF;
        END LOOP;
        IF v_outcome[m] = 'short' THEN
            a := v_short[m];
            v_short_wanted[m] := -v_now[a];
            FOR i IN v_first..t - 1 LOOP
                v_now[t_from[i]] := v_now[t_from[i]] + t_amount[i];
                v_now[t_to[i]] := v_now[t_to[i]] - t_amount[i];
            END LOOP;
            v_short_had[m] := v_now[a];
            v_short_wanted[m] := v_short_wanted[m] + v_now[a];
        END IF;
    END LOOP;

    INSERT INTO ledger_transfer (booked_month, line, key, content_hash, at, recorded_at, from_account,
                                 to_account, amount, reverses, kind, ref, actor)
    SELECT m.month, x.line, m.key, m.hash, m.at, p_now, v_ids[x.f], v_ids[x.t], x.amount, m.reverses,
           m.kind, m.ref, p_actor
    FROM unnest(t_move, v_line, t_from, t_to, t_amount) AS x(m, line, f, t, amount)
    JOIN unnest(m_key, m_month, m_hash, m_at, m_reverses, m_kind, m_ref, v_outcome) WITH ORDINALITY
         AS m(key, month, hash, at, reverses, kind, ref, outcome, n) ON m.n = x.m
    WHERE m.outcome = 'posted'
    ORDER BY m.key;

    UPDATE ledger_balance b SET amount = x.amount
    FROM unnest(v_ids, v_now, v_had) AS x(id, amount, had)
    WHERE b.account_id = x.id AND x.amount IS DISTINCT FROM x.had;

    RETURN QUERY
    SELECT o.outcome, o.short, o.had, o.wanted
    FROM unnest(v_outcome, v_short, v_short_had, v_short_wanted)
         WITH ORDINALITY AS o(outcome, short, had, wanted, n) ORDER BY o.n;
END $$;

-- Lock everything that people have in some units, then list what may be spent, in spending order.
CREATE FUNCTION ledger_lock_lots(p_holders bigint[], p_units text[])
RETURNS TABLE (holder bigint, unit text, fund bigint, expires_on date, amount bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    -- One statement: a lot that appears meanwhile is not locked and so must not be seen.
    RETURN QUERY
    WITH locked AS MATERIALIZED (
        SELECT b.account_id, b.amount FROM ledger_balance b
        WHERE b.account_id IN (
            SELECT a.id FROM ledger_account a
            WHERE a.holder = ANY (p_holders) AND a.unit = ANY (p_units) AND a.class IN ('member', 'held'))
        ORDER BY b.account_id FOR NO KEY UPDATE)
    SELECT a.holder, a.unit, a.fund, nullif(a.expires_on, 'infinity'), l.amount
    FROM locked l JOIN ledger_account a ON a.id = l.account_id
    WHERE a.class = 'member' AND l.amount > 0
    ORDER BY a.holder, a.unit, a.expires_on, a.fund;
END $$;

-- Lock the budgets of funds, by id, and say what is left in each.
CREATE FUNCTION ledger_lock_budgets(p_funds bigint[])
RETURNS TABLE (fund bigint, amount bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.fund, b.amount
    FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
    WHERE a.holder = 0 AND a.fund = ANY (p_funds) AND a.class = 'budget'
    ORDER BY b.account_id FOR NO KEY UPDATE OF b;
$$;

REVOKE ALL ON FUNCTION ledger_open_accounts, ledger_post, ledger_lock_lots, ledger_lock_budgets FROM public;
GRANT EXECUTE ON FUNCTION ledger_post, ledger_lock_lots, ledger_lock_budgets TO citycard_app;
