-- Post moves from budgets to people's lots, all of one kind and month, as plainly as can be; false when
-- anything is out of the ordinary: a known key, no free part of a budget that holds what is wanted, a month that was
-- ever closed. Then nothing was done, and `ledger_post` decides. Locks as it does: budgets, accounts by number, keys.
-- A pot is a unit, a fund and a last day: a budget and its lots.
CREATE FUNCTION ledger_give(
    p_month date, p_unit text[], p_fund bigint[], p_expires_on date[], p_ref text[],
    m_pot integer[], m_key uuid[], m_at timestamptz[], m_holder bigint[], m_amount bigint[],
    p_kind text, p_actor text, p_now timestamptz
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_pots integer := cardinality(p_fund);
    v_ids bigint[];
    v_accounts bigint[];
    v_fund bigint;
    v_wanted bigint;
    v_source text[];
    v_target text[];
BEGIN
    IF EXISTS (SELECT FROM ledger_period p WHERE p.month = p_month)
        OR to_regclass('ledger_transfer_' || to_char(p_month, 'YYYYMM')) IS NULL
    THEN
        RETURN false;
    END IF;
    SELECT array_agg(ledger_pot_mark('budget', p.unit, p.fund, NULL, NULL) || '|0>' ORDER BY p.n),
           array_agg(ledger_pot_mark('member', p.unit, p.fund, p.expires_on, NULL) || '|' ORDER BY p.n)
    INTO v_source, v_target FROM unnest(p_unit, p_fund, p_expires_on) WITH ORDINALITY AS p(unit, fund, expires_on, n);
    BEGIN
        v_ids := ledger_open(
            array_fill('budget'::text, ARRAY[v_pots]) || array_fill('member'::text, ARRAY[v_pots]),
            p_unit || p_unit, p_fund || p_fund,
            array_fill(NULL::date, ARRAY[v_pots]) || p_expires_on, array_fill(NULL::text, ARRAY[2 * v_pots]),
            ARRAY(SELECT generate_series(1, v_pots)) || ARRAY(SELECT v_pots + pot FROM unnest(m_pot) pot),
            array_fill(NULL::bigint, ARRAY[v_pots]) || m_holder);
        v_accounts := v_ids[v_pots + 1:];
        FOR v_fund, v_wanted IN
            SELECT p_fund[m.pot], sum(m.amount) FROM unnest(m_pot, m_amount) m(pot, amount) GROUP BY 1 ORDER BY 1
        LOOP
            PERFORM ledger_take_slice(v_fund, v_wanted);
        END LOOP;
        PERFORM ledger_change_balances(array_agg(c.account), array_agg(c.change))
        FROM (SELECT m.account, sum(m.amount)::bigint AS change FROM unnest(v_accounts, m_amount) m(account, amount)
              GROUP BY 1 ORDER BY 1) c;
        INSERT INTO ledger_transfer (booked_month, line, key, content_hash, at, recorded_at, from_account, to_account,
                                     amount, kind, ref, actor)
        SELECT p_month, 0, m.key,
               ledger_content(m.at, p_kind, p_ref[m.pot], NULL,
                              v_source[m.pot] || v_target[m.pot] || m.holder || '=' || m.amount || ';'),
               m.at, p_now, v_ids[m.pot], m.account, m.amount, p_kind, p_ref[m.pot], p_actor
        FROM unnest(m_pot, m_key, m_at, m_holder, m_amount, v_accounts) m(pot, key, at, holder, amount, account)
        ORDER BY m.key;
        RETURN true;
    EXCEPTION WHEN SQLSTATE 'LG001' OR unique_violation THEN
        RETURN false;
    END;
END $$;
REVOKE ALL ON FUNCTION ledger_give FROM public;
GRANT EXECUTE ON FUNCTION ledger_give TO citycard_app;
