-- The functions that alone may move value. How they work: docs/adr/0017.
--
-- Callers name accounts by *pots*: an account less its holder (class, unit, fund, last day, code). A batch names
-- few pots and many holders. Every plan here walks indexes from the batch's own rows (scans, hash and merge joins
-- are off), so that it is right for an empty month and a full one and may be kept for a connection's life.

-- What a key stands for. Computed here alone, so that every face comes to the same.
CREATE FUNCTION ledger_content(at timestamptz, kind text, ref text, reverses uuid, lines text) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT encode(substr(sha256(timestamptz_send(at) || convert_to(
        kind || E'\x1f' || ref || E'\x1f' || coalesce(reverses::text, '') || E'\x1f' || lines, 'UTF8')), 1, 16),
        'hex')::uuid
$$;
CREATE FUNCTION ledger_pot_mark(class text, unit text, fund bigint, expires_on date, code text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT class || '|' || unit || '|' || coalesce(fund, 0)::text || '|'
        || coalesce((expires_on - '2000-01-01'::date)::text, '') || '|' || coalesce(code, '')
$$;
CREATE FUNCTION ledger_line_mark(source text, giver bigint, target text, taker bigint, amount bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT source || '|' || coalesce(giver, 0)::text || '>' || target || '|' || coalesce(taker, 0)::text || '='
        || amount::text || ';'
$$;

-- Find accounts by pot and holder, open those that are new; returns ids in the order asked for.
-- New ones are written in index order, so that two batches that open the same ones can't cross.
CREATE FUNCTION ledger_open(
    p_class text[], p_unit text[], p_fund bigint[], p_expires_on date[], p_code text[],
    a_pot integer[], a_holder bigint[]
) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    v_city bigint[];
    v_ids bigint[];
BEGIN
    FOR attempt IN 1..2 LOOP
        -- City accounts stand in many rows of a batch: look each up once.
        SELECT array_agg(a.id ORDER BY p.n) INTO v_city
        FROM unnest(p_class, p_unit, p_fund, p_expires_on, p_code)
             WITH ORDINALITY AS p(class, unit, fund, expires_on, code, n)
        LEFT JOIN LATERAL (
            SELECT a.id FROM ledger_account a
            WHERE a.holder = 0 AND a.unit = p.unit AND a.class = p.class
              AND a.expires_on = coalesce(p.expires_on, 'infinity')
              AND a.fund = coalesce(p.fund, 0) AND a.code = coalesce(p.code, '')
            LIMIT 1) a ON p.class NOT IN ('member', 'held');
        SELECT array_agg(CASE WHEN coalesce(r.holder, 0) = 0 THEN v_city[r.pot] ELSE (
                   SELECT a.id FROM ledger_account a
                   WHERE a.holder = r.holder AND a.unit = p_unit[r.pot] AND a.class = p_class[r.pot]
                     AND a.expires_on = coalesce(p_expires_on[r.pot], 'infinity')
                     AND a.fund = coalesce(p_fund[r.pot], 0) AND a.code = coalesce(p_code[r.pot], '')
                   LIMIT 1) END ORDER BY r.n) INTO v_ids
        FROM unnest(a_pot, a_holder) WITH ORDINALITY AS r(pot, holder, n);
        EXIT WHEN array_position(v_ids, NULL) IS NULL;
        WITH opened AS (
            INSERT INTO ledger_account (id, holder, fund, expires_on, class, unit, code)
            SELECT CASE WHEN r.holder = 0 THEN nextval('ledger_city_account_id')
                        ELSE nextval('ledger_holder_account_id') END, r.*
            FROM (
                SELECT DISTINCT coalesce(r.holder, 0) AS holder, coalesce(p_fund[r.pot], 0) AS fund,
                       coalesce(p_expires_on[r.pot], 'infinity') AS expires_on, p_class[r.pot] AS class,
                       p_unit[r.pot] AS unit, coalesce(p_code[r.pot], '') AS code
                FROM unnest(a_pot, a_holder, v_ids) AS r(pot, holder, id)
                WHERE r.id IS NULL
                ORDER BY 1, 5, 4, 3, 2, 6) r
            ON CONFLICT DO NOTHING
            RETURNING id, class, fund),
        balances AS (
            INSERT INTO ledger_balance (account_id, amount)
            SELECT id, 0 FROM opened WHERE class IN ('member', 'held', 'stock') ORDER BY id)
        INSERT INTO ledger_budget_slice (fund, slice, amount)
        SELECT fund, 0, 0 FROM opened WHERE class = 'budget' ORDER BY 1;
    END LOOP;
    RETURN v_ids;
END $$;

-- Lock all slices of budgets, in order. Twice: who cuts a budget anew holds its first slice, so while we waited for that
-- one, new ones may have been cut that our first look could not see; with it in hand, nobody cuts more.
CREATE FUNCTION ledger_lock_budgets(p_funds bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    FOR twice IN 1..2 LOOP
        PERFORM FROM ledger_budget_slice s WHERE s.fund = ANY (p_funds) ORDER BY s.fund, s.slice FOR NO KEY UPDATE;
    END LOOP;
END $$;

-- Lock slices of budgets that hold what is wanted: free ones if they do, else, letting go first, all of them in
-- order. So nobody waits for a budget until it runs low, and what is answered as less than wanted is all there is.
-- A connection begins at a slice of its own, always the same: what it leased before, it finds again.
CREATE FUNCTION ledger_lease(p_funds bigint[], p_wanted bigint[]) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    v_whole boolean[] := array_fill(false, ARRAY[cardinality(p_funds)]);
    v_got bigint[];
    v_slices smallint[];
    v_slice smallint;
    v_amount bigint;
    v_again boolean;
BEGIN
    LOOP
        v_got := array_fill(0::bigint, ARRAY[cardinality(p_funds)]);
        v_again := false;
        BEGIN
            IF true = ANY (v_whole) THEN
                PERFORM ledger_lock_budgets(array_agg(x.fund)) FROM unnest(p_funds, v_whole) x(fund, whole)
                WHERE x.whole;
            END IF;
            FOR i IN 1..cardinality(p_funds) LOOP
                IF v_whole[i] THEN
                    v_got[i] := (SELECT coalesce(sum(s.amount), 0)
                                 FROM ledger_budget_slice s WHERE s.fund = p_funds[i]);
                    CONTINUE;
                END IF;
                v_slices := '{}';
                LOOP
                    SELECT s.slice, s.amount INTO v_slice, v_amount FROM ledger_budget_slice s
                    WHERE s.fund = p_funds[i] AND s.slice <> ALL (v_slices)
                    ORDER BY (s.slice + pg_backend_pid()) & 15 LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
                    EXIT WHEN v_slice IS NULL;
                    v_slices := v_slices || v_slice;
                    v_got[i] := v_got[i] + v_amount;
                    EXIT WHEN v_got[i] >= p_wanted[i];
                END LOOP;
                IF v_slice IS NULL AND cardinality(v_slices) < (
                    SELECT count(*) FROM ledger_budget_slice s WHERE s.fund = p_funds[i])
                THEN
                    v_whole[i] := true;
                    v_again := true;
                END IF;
            END LOOP;
            IF v_again THEN
                RAISE EXCEPTION USING ERRCODE = 'LG001';
            END IF;
            RETURN v_got;
        EXCEPTION WHEN SQLSTATE 'LG001' THEN
            NULL;
        END;
    END LOOP;
END $$;

-- Change what is left of a budget whose slices this transaction leased: what is given comes out of as many as it
-- takes, what comes back goes into one.
CREATE FUNCTION ledger_change_budget(p_fund bigint, p_change bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_rest bigint := -p_change;
    v_slice smallint;
    v_amount bigint;
BEGIN
    WHILE v_rest <> 0 LOOP
        SELECT s.slice, s.amount INTO v_slice, v_amount FROM ledger_budget_slice s
        WHERE s.fund = p_fund AND (s.amount > 0 OR v_rest < 0)
        ORDER BY (s.slice + pg_backend_pid()) & 15 LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
        IF v_slice IS NULL THEN
            RAISE EXCEPTION 'fund % was not leased for %', p_fund, -p_change;
        END IF;
        UPDATE ledger_budget_slice s SET amount = s.amount - least(v_rest, v_amount)
        WHERE s.fund = p_fund AND s.slice = v_slice;
        v_rest := v_rest - least(v_rest, v_amount);
    END LOOP;
END $$;

-- Change balances; accounts come in order, each once. Found by the list of them alone and never joined: of a table that
-- looked empty when the plan was made, a join would walk all balances for each batch. A list in order says by
-- halving (width_bucket) where an account stands in it.
CREATE FUNCTION ledger_change_balances(p_accounts bigint[], p_changes bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger_balance b SET amount = b.amount + p_changes[width_bucket(b.account_id, p_accounts)]
    WHERE b.account_id = ANY (p_accounts);
END $$;

-- Take an amount from one part of a budget that nobody else is at; LG001 when none holds that much.
CREATE FUNCTION ledger_take_slice(p_fund bigint, p_amount bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ledger_budget_slice b SET amount = b.amount - p_amount
    WHERE b.fund = p_fund AND b.slice = (
        SELECT s.slice FROM ledger_budget_slice s WHERE s.fund = p_fund AND s.amount >= p_amount
        ORDER BY (s.slice + pg_backend_pid()) & 15 LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'LG001';
    END IF;
END $$;

-- Post the one transfer of one move as plainly as can be; null when anything is out of the ordinary: a known key,
-- too little, a new account, a closed month, two accounts with a balance. Then nothing was done, and `ledger_post`
-- decides. Locks as it does: a budget's slice, an account, the key.
CREATE FUNCTION ledger_post_one(
    f_class text, f_unit text, f_holder bigint, f_fund bigint, f_expires_on date, f_code text,
    t_class text, t_unit text, t_holder bigint, t_fund bigint, t_expires_on date, t_code text,
    m_key uuid, m_month date, m_at timestamptz, m_kind text, m_ref text, m_reverses uuid, m_hash uuid,
    p_amount bigint, p_actor text, p_now timestamptz
) RETURNS smallint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_from bigint;
    v_to bigint;
BEGIN
    IF f_class IN ('member', 'held', 'stock') THEN
        UPDATE ledger_balance SET amount = amount - p_amount
        WHERE amount >= p_amount AND account_id = (
            SELECT a.id FROM ledger_account a
            WHERE a.holder = coalesce(f_holder, 0) AND a.unit = f_unit AND a.class = f_class
              AND a.expires_on = coalesce(f_expires_on, 'infinity') AND a.fund = coalesce(f_fund, 0)
              AND a.code = coalesce(f_code, ''))
        RETURNING account_id INTO v_from;
        IF v_from IS NULL OR t_class IN ('member', 'held', 'stock', 'budget') THEN
            RAISE EXCEPTION USING ERRCODE = 'LG001';
        END IF;
    ELSE
        IF f_class = 'budget' THEN
            PERFORM ledger_take_slice(f_fund, p_amount);
        END IF;
        IF t_class IN ('member', 'held', 'stock') THEN
            UPDATE ledger_balance SET amount = amount + p_amount
            WHERE account_id = (
                SELECT a.id FROM ledger_account a
                WHERE a.holder = coalesce(t_holder, 0) AND a.unit = t_unit AND a.class = t_class
                  AND a.expires_on = coalesce(t_expires_on, 'infinity') AND a.fund = coalesce(t_fund, 0)
                  AND a.code = coalesce(t_code, ''))
            RETURNING account_id INTO v_to;
        ELSIF t_class = 'budget' THEN
            RAISE EXCEPTION USING ERRCODE = 'LG001';
        END IF;
    END IF;
    INSERT INTO ledger_transfer (booked_month, line, key, content_hash, at, recorded_at, from_account,
                                 to_account, amount, reverses, kind, ref, actor)
    VALUES (m_month, 0, m_key,
            coalesce(m_hash, ledger_content(m_at, m_kind, m_ref, m_reverses, ledger_line_mark(
                ledger_pot_mark(f_class, f_unit, f_fund, f_expires_on, f_code), f_holder,
                ledger_pot_mark(t_class, t_unit, t_fund, t_expires_on, t_code), t_holder, p_amount))),
            m_at, p_now,
            coalesce(v_from, (
                SELECT a.id FROM ledger_account a
                WHERE a.holder = coalesce(f_holder, 0) AND a.unit = f_unit AND a.class = f_class
                  AND a.expires_on = coalesce(f_expires_on, 'infinity') AND a.fund = coalesce(f_fund, 0)
                  AND a.code = coalesce(f_code, ''))),
            coalesce(v_to, (
                SELECT a.id FROM ledger_account a
                WHERE a.holder = coalesce(t_holder, 0) AND a.unit = t_unit AND a.class = t_class
                  AND a.expires_on = coalesce(t_expires_on, 'infinity') AND a.fund = coalesce(t_fund, 0)
                  AND a.code = coalesce(t_code, ''))),
            p_amount, m_reverses, m_kind, m_ref, p_actor);
    RETURN 0;
EXCEPTION WHEN SQLSTATE 'LG001' OR unique_violation OR not_null_violation OR check_violation THEN
    RETURN NULL;
END $$;

-- Decide the moves that touch an account which may run short, or whose key stands twice in the batch: in order,
-- each whole or not at all. All others are sure of their cover, whatever becomes of these.
-- Takes the batch as ledger_post has it, returns its outcomes.
CREATE FUNCTION ledger_decide(
    m_key uuid[], m_hash uuid[], INOUT m_outcome smallint[],
    t_move integer[], t_from bigint[], t_to bigint[], t_amount bigint[],
    s_account bigint[], s_amount bigint[],
    OUT s_move integer[], OUT s_transfer integer[], OUT s_had bigint[], OUT s_wanted bigint[]
)
LANGUAGE plpgsql AS $$
DECLARE
    v_now bigint[];
    v_move integer[];
    v_transfer integer[];
    v_from integer[];
    v_to integer[];
    v_amount bigint[];
    v_first integer[];
    v_posted integer[];
    v_begin integer;
    t integer := 1;
    m integer;
    g integer;
    v_short boolean;
BEGIN
    s_move := '{}'; s_transfer := '{}'; s_had := '{}'; s_wanted := '{}';
    v_first := array_fill(NULL::integer, ARRAY[cardinality(m_key)]);
    v_posted := v_first;
    -- The first move of the batch under each key that stands in it twice.
    FOR m, g IN
        SELECT unnest(k.places), k.first
        FROM (SELECT array_agg(x.n) AS places, min(x.n) AS first
              FROM unnest(m_key, m_outcome) WITH ORDINALITY AS x(key, outcome, n)
              WHERE x.outcome = 0 GROUP BY x.key HAVING count(*) > 1) k
    LOOP
        v_first[m] := g;
    END LOOP;

    -- The transfers that touch them, with accounts numbered from 1; only accounts that may run short have a
    -- balance here.
    WITH unsafe AS MATERIALIZED (SELECT s.account, s.amount FROM unnest(s_account, s_amount) s(account, amount)),
    concerned AS MATERIALIZED (
        SELECT t.* FROM unnest(t_move, t_from, t_to, t_amount) WITH ORDINALITY AS t(m, f, t, amount, n)
        WHERE m_outcome[t.m] = 0
          AND (v_first[t.m] IS NOT NULL OR t.f IN (SELECT account FROM unsafe) OR t.t IN (SELECT account FROM unsafe))),
    sides AS (
        SELECT c.n, c.m, 1 AS side, c.f AS account, c.amount, NULL::bigint AS had FROM concerned c
        UNION ALL
        SELECT c.n, c.m, 2, c.t, c.amount, NULL FROM concerned c
        UNION ALL
        SELECT 0, 0, 0, u.account, 0, u.amount FROM unsafe u),
    numbered AS MATERIALIZED (SELECT s.*, dense_rank() OVER (ORDER BY s.account) AS number FROM sides s),
    lines AS (
        SELECT r.n, r.m, max(r.number) FILTER (WHERE r.side = 1) AS f, max(r.number) FILTER (WHERE r.side = 2) AS t,
               max(r.amount) AS amount FROM numbered r WHERE r.side > 0 GROUP BY r.n, r.m),
    balances AS (SELECT r.number, max(r.had) AS had FROM numbered r GROUP BY r.number)
    SELECT l.m, l.n, l.f, l.t, l.amount, b.now INTO v_move, v_transfer, v_from, v_to, v_amount, v_now
    FROM (SELECT array_agg(l.m ORDER BY l.n) AS m, array_agg(l.n ORDER BY l.n) AS n, array_agg(l.f ORDER BY l.n) AS f,
                 array_agg(l.t ORDER BY l.n) AS t, array_agg(l.amount ORDER BY l.n) AS amount FROM lines l) l
    CROSS JOIN (SELECT array_agg(b.had ORDER BY b.number) AS now FROM balances b) b;

    WHILE t <= cardinality(v_move) LOOP
        m := v_move[t];
        g := coalesce(v_first[m], m);
        v_begin := t;
        v_short := false;
        IF v_posted[g] IS NOT NULL THEN
            m_outcome[m] := CASE WHEN m_hash[v_posted[g]] = m_hash[m] THEN 1 ELSE 2 END;
            WHILE v_move[t] = m LOOP
                t := t + 1;
            END LOOP;
            CONTINUE;
        END IF;
        WHILE v_move[t] = m LOOP
            v_now[v_from[t]] := v_now[v_from[t]] - v_amount[t];
            v_now[v_to[t]] := v_now[v_to[t]] + v_amount[t];
            t := t + 1;
        END LOOP;
        FOR i IN v_begin..t - 1 LOOP
            IF v_now[v_from[i]] < 0 THEN
                v_short := true;
                s_move := s_move || m;
                s_transfer := s_transfer || v_transfer[i];
                s_wanted := s_wanted || -v_now[v_from[i]];
                g := v_from[i];
                EXIT;
            END IF;
        END LOOP;
        IF v_short THEN
            m_outcome[m] := 3;
            FOR i IN v_begin..t - 1 LOOP
                v_now[v_from[i]] := v_now[v_from[i]] + v_amount[i];
                v_now[v_to[i]] := v_now[v_to[i]] - v_amount[i];
            END LOOP;
            s_had := s_had || v_now[g];
            s_wanted[cardinality(s_wanted)] := s_wanted[cardinality(s_wanted)] + v_now[g];
        ELSE
            v_posted[g] := m;
        END IF;
    END LOOP;
END $$;

-- Post a batch of moves, each whole or not at all, as if decided one by one in order.
-- Moves (m_) have an own month (first day of the local month of the key's time); m_month, m_kind and m_ref may be
-- one value for all, m_reverses and m_hash empty. Transfers (t_) name their move by place (empty: one each, in
-- order), their pots by place and their holders.
-- Returns an outcome a move: 0 posted, 1 duplicate, 2 the key was used for something else, 3 short; and for those
-- that are short the move, the transfer that is not covered, what was there and what was wanted.
CREATE FUNCTION ledger_post(
    p_class text[], p_unit text[], p_fund bigint[], p_expires_on date[], p_code text[],
    m_key uuid[], m_month date[], m_at timestamptz[], m_kind text[], m_ref text[], m_reverses uuid[], m_hash uuid[],
    t_move integer[], t_from integer[], t_from_holder bigint[], t_to integer[], t_to_holder bigint[],
    t_amount bigint[], p_actor text, p_now timestamptz,
    OUT outcome smallint[], OUT short_move integer[], OUT short_transfer integer[], OUT short_had bigint[],
    OUT short_wanted bigint[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_moves integer := cardinality(m_key);
    v_transfers integer := cardinality(t_from);
    v_ids bigint[];
    v_from bigint[];
    v_to bigint[];
    v_guard smallint[];
    v_mark text[];
    v_hash uuid[];
    v_line smallint[];
    v_months date[];
    v_own date[];
    v_book date[];
    v_closed date[];
    v_twice boolean;
    v_budgets bigint[];
    v_budget_funds bigint[];
    v_wanted bigint[];
    v_locked bigint[];
    v_had bigint[];
    v_unsafe bigint[];
    v_unsafe_had bigint[];
    v_wrong boolean;
BEGIN
    v_own := CASE WHEN cardinality(m_month) = 1 THEN array_fill(m_month[1], ARRAY[v_moves]) ELSE m_month END;
    SELECT array_agg(DISTINCT own) INTO v_months FROM unnest(m_month) own;
    v_ids := ledger_open(p_class, p_unit, p_fund, p_expires_on, p_code, t_from || t_to, t_from_holder || t_to_holder);
    v_from := v_ids[:v_transfers];
    v_to := v_ids[v_transfers + 1:];
    IF cardinality(t_move) = 0 THEN
        SELECT array_agg(n) INTO t_move FROM generate_series(1, v_moves) n;
        v_line := array_fill(0::smallint, ARRAY[v_moves]);
    ELSE
        SELECT array_agg(t.line ORDER BY t.n) INTO v_line
        FROM (SELECT n, row_number() OVER (PARTITION BY m ORDER BY n) - 1 AS line
              FROM unnest(t_move) WITH ORDINALITY AS t(m, n)) t;
    END IF;
    -- 1: has a balance; 2: has slices
    SELECT array_agg(CASE WHEN class IN ('member', 'held', 'stock') THEN 1 WHEN class = 'budget' THEN 2 ELSE 0 END
                     ORDER BY n),
           array_agg(ledger_pot_mark(class, p_unit[n], p_fund[n], p_expires_on[n], p_code[n]) ORDER BY n)
    INTO v_guard, v_mark FROM unnest(p_class) WITH ORDINALITY AS p(class, n);

    IF v_transfers = v_moves THEN
        SELECT array_agg(coalesce(m.hash, ledger_content(
                   m.at, coalesce(m.kind, m_kind[1]), coalesce(m.ref, m_ref[1]), m.reverses,
                   ledger_line_mark(v_mark[m.f], m.giver, v_mark[m.t], m.taker, m.amount))) ORDER BY m.n)
        INTO v_hash
        FROM unnest(m_hash, m_at, m_kind, m_ref, m_reverses, t_from, t_from_holder, t_to, t_to_holder, t_amount)
             WITH ORDINALITY AS m(hash, at, kind, ref, reverses, f, giver, t, taker, amount, n);
    ELSE
        SELECT array_agg(coalesce(m.hash, ledger_content(
                   m.at, coalesce(m.kind, m_kind[1]), coalesce(m.ref, m_ref[1]), m.reverses, l.lines)) ORDER BY m.n)
        INTO v_hash
        FROM (SELECT array_agg(l.lines ORDER BY l.m) AS lines
              FROM (SELECT t.m, string_agg(ledger_line_mark(
                               v_mark[t.f], t.giver, v_mark[t.t], t.taker, t.amount), '' ORDER BY t.n) AS lines
                    FROM unnest(t_move, t_from, t_from_holder, t_to, t_to_holder, t_amount)
                         WITH ORDINALITY AS t(m, f, giver, t, taker, amount, n) GROUP BY t.m) l) a
        CROSS JOIN LATERAL unnest(m_hash, m_at, m_kind, m_ref, m_reverses, a.lines)
             WITH ORDINALITY AS m(hash, at, kind, ref, reverses, lines, n)
        CROSS JOIN LATERAL (SELECT m.lines) l;
    END IF;
    SELECT count(DISTINCT key) < v_moves INTO v_twice FROM unnest(m_key) key;

    FOR attempt IN 1..10 LOOP
        -- Where they stand or are to be booked.
        SELECT array_agg(p.month) FILTER (WHERE p.state = 'closed'), count(*) > 0 INTO v_closed, v_wrong
        FROM ledger_period p WHERE p.month = ANY (v_months);
        v_book := CASE WHEN v_wrong THEN ledger_book(m_key, v_own) ELSE v_own END;
        PERFORM citycard_ensure_partition('ledger_transfer', month) FROM unnest(v_months) month
        WHERE to_regclass('ledger_transfer_' || to_char(month, 'YYYYMM')) IS NULL;
        SELECT array_agg(CASE WHEN k.content_hash IS NULL THEN 0 WHEN k.content_hash = m.hash THEN 1 ELSE 2 END
                         ORDER BY m.n) INTO outcome
        FROM unnest(m_key, v_book, v_hash) WITH ORDINALITY AS m(key, month, hash, n)
        LEFT JOIN LATERAL (
            SELECT content_hash FROM ledger_transfer
            WHERE booked_month = m.month AND key = m.key LIMIT 1) k ON true;
        short_move := '{}'; short_transfer := '{}'; short_had := '{}'; short_wanted := '{}';
        IF NOT 0 = ANY (outcome) THEN
            RETURN;
        END IF;
        IF v_closed IS NOT NULL THEN
            SELECT array_agg(CASE WHEN m.outcome = 0 AND m.own = ANY (v_closed) THEN ledger_open_month(m.own)
                                  ELSE m.book END ORDER BY m.n) INTO v_book
            FROM unnest(outcome, v_own, v_book) WITH ORDINALITY AS m(outcome, own, book, n);
            PERFORM citycard_ensure_partition('ledger_transfer', month) FROM (SELECT DISTINCT unnest(v_book) AS month) b
            WHERE to_regclass('ledger_transfer_' || to_char(month, 'YYYYMM')) IS NULL;
        END IF;

        BEGIN
            -- Budgets first, then accounts with a balance, each by number. Accounts behind the last one that gives
            -- need no lock before the update, which comes to them in the same order.
            SELECT array_agg(b.account), array_agg(b.fund), array_agg(b.wanted) INTO v_budgets, v_budget_funds, v_wanted
            FROM (SELECT b.account, b.fund, sum(b.wanted)::bigint AS wanted FROM (
                      SELECT t.f AS account, p_fund[t.fp] AS fund, t.amount AS wanted
                      FROM unnest(t_move, v_from, t_from, t_amount) t(m, f, fp, amount)
                      WHERE v_guard[t.fp] = 2 AND outcome[t.m] = 0
                      UNION ALL
                      SELECT t.t, p_fund[t.tp], 0 FROM unnest(t_move, v_to, t_to) t(m, t, tp)
                      WHERE v_guard[t.tp] = 2 AND outcome[t.m] = 0) b
                  GROUP BY b.account, b.fund ORDER BY b.fund) b;
            v_had := CASE WHEN v_budgets IS NULL THEN '{}' ELSE ledger_lease(v_budget_funds, v_wanted) END;
            SELECT array_agg(DISTINCT t.f) INTO v_locked FROM unnest(t_move, v_from, t_from) t(m, f, fp)
            WHERE v_guard[t.fp] = 1 AND outcome[t.m] = 0;
            IF v_locked IS NOT NULL THEN
                SELECT v_locked || array_agg(DISTINCT t.t) INTO v_locked FROM unnest(t_move, v_to, t_to) t(m, t, tp)
                WHERE v_guard[t.tp] = 1 AND outcome[t.m] = 0 AND t.t < v_locked[cardinality(v_locked)];
                WITH locked AS MATERIALIZED (
                    SELECT b.account_id, b.amount FROM ledger_balance b
                    WHERE b.account_id = ANY (v_locked) ORDER BY b.account_id FOR NO KEY UPDATE)
                SELECT v_budgets || array_agg(l.account_id), v_had || array_agg(l.amount) INTO v_budgets, v_had
                FROM locked l;
            END IF;

            -- An account that has enough for all that is asked of it is safe without knowing the order.
            SELECT array_agg(u.account), array_agg(u.had) INTO v_unsafe, v_unsafe_had
            FROM (SELECT u.account, sum(u.had)::bigint AS had FROM (
                      SELECT b.account, b.had, b.had AS change FROM unnest(v_budgets, v_had) b(account, had)
                      UNION ALL
                      SELECT t.f, 0, -t.amount FROM unnest(t_move, v_from, t_from, t_amount) t(m, f, fp, amount)
                      WHERE v_guard[t.fp] > 0 AND outcome[t.m] = 0) u
                  GROUP BY u.account HAVING sum(u.change) < 0) u;
            IF v_unsafe IS NOT NULL OR v_twice THEN
                SELECT d.m_outcome, d.s_move, d.s_transfer, d.s_had, d.s_wanted
                INTO outcome, short_move, short_transfer, short_had, short_wanted
                FROM ledger_decide(m_key, v_hash, outcome, t_move, v_from, v_to, t_amount, v_unsafe, v_unsafe_had) d;
                -- Refused as short, but somebody posted that very key while we waited for its account.
                SELECT bool_or(EXISTS (SELECT FROM ledger_transfer f
                                       WHERE f.booked_month = v_book[s] AND f.key = m_key[s])) INTO v_wrong
                FROM unnest(short_move) s;
                IF v_wrong THEN
                    RAISE EXCEPTION USING ERRCODE = 'LG001';
                END IF;
            END IF;

            PERFORM ledger_change_balances(array_agg(c.account), array_agg(c.change))
            FROM (SELECT c.account, sum(c.change)::bigint AS change FROM (
                      SELECT t.f AS account, -t.amount AS change
                      FROM unnest(t_move, v_from, t_from, t_amount) t(m, f, fp, amount)
                      WHERE v_guard[t.fp] = 1 AND outcome[t.m] = 0
                      UNION ALL
                      SELECT t.t, t.amount FROM unnest(t_move, v_to, t_to, t_amount) t(m, t, tp, amount)
                      WHERE v_guard[t.tp] = 1 AND outcome[t.m] = 0) c
                  GROUP BY c.account HAVING sum(c.change) <> 0 ORDER BY c.account) c;

            IF v_budget_funds IS NOT NULL THEN
                PERFORM ledger_change_budget(b.fund, b.change)
                FROM (SELECT b.fund, sum(b.change)::bigint AS change FROM (
                          SELECT p_fund[t.fp] AS fund, -t.amount AS change
                          FROM unnest(t_move, t_from, t_amount) t(m, fp, amount)
                          WHERE v_guard[t.fp] = 2 AND outcome[t.m] = 0
                          UNION ALL
                          SELECT p_fund[t.tp], t.amount FROM unnest(t_move, t_to, t_amount) t(m, tp, amount)
                          WHERE v_guard[t.tp] = 2 AND outcome[t.m] = 0) b
                      GROUP BY b.fund ORDER BY b.fund) b;
            END IF;

            -- Keys last, in order: who finds one taken by a batch that is not done waits holding what it holds,
            -- and that one needs no more accounts.
            INSERT INTO ledger_transfer (booked_month, line, key, content_hash, at, recorded_at, from_account,
                                         to_account, amount, reverses, kind, ref, actor)
            SELECT v_book[t.m], t.line, m_key[t.m], v_hash[t.m], m_at[t.m], p_now, t.f, t.t, t.amount,
                   m_reverses[t.m],
                   coalesce(m_kind[t.m], m_kind[1]), coalesce(m_ref[t.m], m_ref[1]), p_actor
            FROM unnest(t_move, v_line, v_from, v_to, t_amount) AS t(m, line, f, t, amount)
            WHERE outcome[t.m] = 0
            ORDER BY m_key[t.m], t.line;
            IF v_closed IS NOT NULL THEN
                INSERT INTO ledger_late (key, own_month, booked_month)
                SELECT l.key, l.own, l.book FROM unnest(m_key, v_own, v_book, outcome) l(key, own, book, outcome)
                WHERE l.outcome = 0 AND l.own <> l.book ORDER BY l.key;
            END IF;
            RETURN;
        EXCEPTION WHEN SQLSTATE 'LG001' OR unique_violation THEN
            IF attempt = 10 THEN
                RAISE;
            END IF;  -- else somebody was quicker: look again
        END;
    END LOOP;
END $$;

-- Spend people's points in order, each amount whole or not at all: from the lot that lapses first, then the oldest
-- fund. Spends (s_) name where the points go by place among the accounts (p_), 0 for held. Of one person and unit all are of one local day
-- (s_on), and no key stands twice: callers send what differs in turns.
-- What is asked and what is there are running sums a person: where their intervals overlap lie the parts, so that
-- only people with too little are decided one by one.
-- Returns an outcome a spend (0 posted, 1 duplicate, 2 key used, 3 short), what was there for those that are short,
-- and all parts, stored ones for duplicates.
CREATE FUNCTION ledger_spend(
    p_class text[], p_unit text[], p_fund bigint[], p_expires_on date[], p_code text[], p_holder bigint[],
    s_key uuid[], s_month date[], s_at timestamptz[], s_kind text[], s_ref text[], s_hash uuid[],
    s_holder bigint[], s_unit text[], s_amount bigint[], s_on date[], s_into integer[],
    p_actor text, p_now timestamptz,
    OUT outcome smallint[], OUT had bigint[], OUT part_spend integer[], OUT part_fund bigint[],
    OUT part_expires_on date[], OUT part_amount bigint[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_into bigint[];
    v_months date[];
    v_book date[];
    v_closed date[];
    v_wrong boolean;
    v_person integer[];
    v_holder bigint[];
    v_unit text[];
    v_on date[];
    v_wanted bigint[];
    v_left bigint[];
    v_lot_person integer[];
    v_lot bigint[];
    v_lot_fund bigint[];
    v_lot_expires_on date[];
    v_lot_amount bigint[];
    v_lot_held bigint[];
    v_opened bigint[];
    v_new integer[];
    v_part_lot integer[];
    v_part_line smallint[];
    v_part_from bigint[];
    v_part_to bigint[];
    s integer;
BEGIN
    SELECT array_agg(DISTINCT month) INTO v_months FROM unnest(s_month) month;
    IF cardinality(p_class) > 0 THEN
        SELECT ledger_open(p_class, p_unit, p_fund, p_expires_on, p_code, array_agg(n), p_holder) INTO v_into
        FROM generate_series(1, cardinality(p_class)) n;
    END IF;
    FOR attempt IN 1..10 LOOP
        SELECT array_agg(p.month) FILTER (WHERE p.state = 'closed'), count(*) > 0 INTO v_closed, v_wrong
        FROM ledger_period p WHERE p.month = ANY (v_months);
        v_book := CASE WHEN v_wrong THEN ledger_book(s_key, s_month) ELSE s_month END;
        PERFORM citycard_ensure_partition('ledger_transfer', month) FROM unnest(v_months) month
        WHERE to_regclass('ledger_transfer_' || to_char(month, 'YYYYMM')) IS NULL;
        SELECT array_agg(CASE WHEN k.content_hash IS NULL THEN 0 WHEN k.content_hash = m.hash THEN 1 ELSE 2 END
                         ORDER BY m.n) INTO outcome
        FROM unnest(s_key, v_book, s_hash) WITH ORDINALITY AS m(key, month, hash, n)
        LEFT JOIN LATERAL (
            SELECT content_hash FROM ledger_transfer
            WHERE booked_month = m.month AND key = m.key LIMIT 1) k ON true;
        had := array_fill(NULL::bigint, ARRAY[cardinality(s_key)]);
        part_spend := '{}'; part_fund := '{}'; part_expires_on := '{}'; part_amount := '{}';
        EXIT WHEN NOT 0 = ANY (outcome);
        IF v_closed IS NOT NULL THEN
            SELECT array_agg(CASE WHEN m.outcome = 0 AND m.own = ANY (v_closed) THEN ledger_open_month(m.own)
                                  ELSE m.book END ORDER BY m.n) INTO v_book
            FROM unnest(outcome, s_month, v_book) WITH ORDINALITY AS m(outcome, own, book, n);
            PERFORM citycard_ensure_partition('ledger_transfer', month) FROM (SELECT DISTINCT unnest(v_book) AS month) b
            WHERE to_regclass('ledger_transfer_' || to_char(month, 'YYYYMM')) IS NULL;
        END IF;

        BEGIN
            -- People numbered from 1, and what each asks for in all.
            SELECT array_agg(x.person ORDER BY x.n) INTO v_person
            FROM (SELECT x.n, CASE WHEN x.outcome = 0
                                   THEN dense_rank() OVER (ORDER BY x.outcome, x.holder, x.unit) END AS person
                  FROM unnest(outcome, s_holder, s_unit) WITH ORDINALITY x(outcome, holder, unit, n)) x;
            SELECT array_agg(x.holder ORDER BY x.person), array_agg(x.unit ORDER BY x.person),
                   array_agg(x.day ORDER BY x.person), array_agg(x.wanted ORDER BY x.person)
            INTO v_holder, v_unit, v_on, v_wanted
            FROM (SELECT x.person, min(x.holder) AS holder, min(x.unit) AS unit, min(x.day) AS day,
                         sum(x.amount)::bigint AS wanted
                  FROM unnest(v_person, s_holder, s_unit, s_on, s_amount) x(person, holder, unit, day, amount)
                  WHERE x.person IS NOT NULL GROUP BY x.person) x;
            PERFORM ledger_lease(array_agg(DISTINCT fund), array_agg(0::bigint))
            FROM (SELECT DISTINCT fund FROM unnest(p_class, p_fund) p(class, fund) WHERE p.class = 'budget') b
            HAVING count(*) > 0;

            -- Lock what they have, by number, and put it into the order of spending. In one statement: a lot that
            -- appears meanwhile is not locked and so must not be seen.
            WITH own AS MATERIALIZED (
                SELECT h.n, a.id, a.class, a.fund, a.expires_on
                FROM unnest(v_holder, v_unit) WITH ORDINALITY h(holder, unit, n)
                CROSS JOIN LATERAL (
                    SELECT a.id, a.class, a.fund, a.expires_on FROM ledger_account a
                    WHERE a.holder = h.holder AND a.unit = h.unit AND a.class IN ('member', 'held')) a
                ORDER BY a.id),
            locked AS MATERIALIZED (
                SELECT o.*, b.amount FROM own o JOIN ledger_balance b ON b.account_id = o.id
                FOR NO KEY UPDATE OF b),
            lots AS (
                SELECT l.*, max(l.id) FILTER (WHERE l.class = 'held')
                                OVER (PARTITION BY l.n, l.fund, l.expires_on) AS held FROM locked l)
            SELECT array_agg(l.n), array_agg(l.id), array_agg(l.fund), array_agg(l.expires_on), array_agg(l.amount),
                   array_agg(l.held)
            INTO v_lot_person, v_lot, v_lot_fund, v_lot_expires_on, v_lot_amount, v_lot_held
            FROM (SELECT l.* FROM lots l WHERE l.class = 'member' AND l.amount > 0 AND l.expires_on >= v_on[l.n]
                  ORDER BY l.n, l.expires_on, l.fund) l;

            SELECT array_agg(x.there ORDER BY x.person) INTO v_left
            FROM (SELECT x.person, coalesce(sum(x.amount), 0)::bigint AS there FROM (
                      SELECT n AS person, 0 AS amount FROM generate_series(1, cardinality(v_holder)) n
                      UNION ALL
                      SELECT l.person, l.amount FROM unnest(v_lot_person, v_lot_amount) l(person, amount)) x
                  GROUP BY x.person) x;
            v_wrong := false;
            FOR s IN SELECT x.n FROM unnest(v_person) WITH ORDINALITY x(person, n)
                     WHERE v_wanted[x.person] > v_left[x.person] ORDER BY x.n LOOP
                IF s_amount[s] <= v_left[v_person[s]] THEN
                    v_left[v_person[s]] := v_left[v_person[s]] - s_amount[s];
                ELSE
                    outcome[s] := 3;
                    had[s] := v_left[v_person[s]];
                    v_wrong := true;
                END IF;
            END LOOP;
            IF v_wrong THEN
                SELECT bool_or(EXISTS (SELECT FROM ledger_transfer f
                                       WHERE f.booked_month = x.book AND f.key = x.key)) INTO v_wrong
                FROM unnest(outcome, v_book, s_key) x(outcome, book, key) WHERE x.outcome = 3;
                IF v_wrong THEN
                    RAISE EXCEPTION USING ERRCODE = 'LG001';
                END IF;
            END IF;

            -- Lots and spends end somewhere on a person's line of points; between two ends lies one part.
            WITH ends AS (
                SELECT x.person, x.n AS spend, NULL::bigint AS lot,
                       sum(x.amount) OVER (PARTITION BY x.person ORDER BY x.n) AS until
                FROM unnest(outcome, v_person, s_amount) WITH ORDINALITY x(outcome, person, amount, n)
                WHERE x.outcome = 0
                UNION ALL
                SELECT l.person, NULL, l.n, sum(l.amount) OVER (PARTITION BY l.person ORDER BY l.n)
                FROM unnest(v_lot_person, v_lot_amount) WITH ORDINALITY l(person, amount, n)),
            parts AS (
                SELECT min(e.spend) OVER later AS spend, min(e.lot) OVER later AS lot,
                       e.until - coalesce(lag(e.until) OVER (PARTITION BY e.person ORDER BY e.until), 0) AS amount
                FROM ends e
                WINDOW later AS (PARTITION BY e.person ORDER BY e.until DESC)),
            lines AS (
                SELECT p.*, row_number() OVER (PARTITION BY p.spend ORDER BY p.lot) - 1 AS line
                FROM parts p WHERE p.amount > 0 AND p.spend IS NOT NULL)
            SELECT array_agg(l.spend), array_agg(l.lot), array_agg(l.line), array_agg(l.amount)
            INTO part_spend, v_part_lot, v_part_line, part_amount
            FROM (SELECT * FROM lines l ORDER BY l.spend, l.line) l;

            IF part_spend IS NOT NULL THEN
                SELECT array_agg(DISTINCT x.lot) INTO v_new FROM unnest(part_spend, v_part_lot) x(spend, lot)
                WHERE s_into[x.spend] = 0 AND v_lot_held[x.lot] IS NULL;
                IF v_new IS NOT NULL THEN
                    SELECT ledger_open(array_agg('held'::text), array_agg(v_unit[v_lot_person[l]]),
                                       array_agg(v_lot_fund[l]), array_agg(nullif(v_lot_expires_on[l], 'infinity')),
                                       array_agg(NULL::text), array_agg(n), array_agg(v_holder[v_lot_person[l]]))
                    INTO v_opened FROM (SELECT l, n::integer FROM unnest(v_new) WITH ORDINALITY x(l, n)) x;
                    FOR n IN 1..cardinality(v_new) LOOP
                        v_lot_held[v_new[n]] := v_opened[n];
                    END LOOP;
                END IF;
                SELECT array_agg(v_lot[x.lot] ORDER BY x.n),
                       array_agg(CASE WHEN s_into[x.spend] = 0 THEN v_lot_held[x.lot] ELSE v_into[s_into[x.spend]] END
                                 ORDER BY x.n),
                       array_agg(v_lot_fund[x.lot] ORDER BY x.n),
                       array_agg(nullif(v_lot_expires_on[x.lot], 'infinity') ORDER BY x.n)
                INTO v_part_from, v_part_to, part_fund, part_expires_on
                FROM unnest(part_spend, v_part_lot) WITH ORDINALITY x(spend, lot, n);

                PERFORM ledger_change_balances(array_agg(c.account), array_agg(c.change))
                FROM (SELECT c.account, sum(c.change)::bigint AS change FROM (
                          SELECT f AS account, -amount AS change FROM unnest(v_part_from, part_amount) x(f, amount)
                          UNION ALL
                          SELECT t, amount FROM unnest(part_spend, v_part_to, part_amount) x(spend, t, amount)
                          WHERE s_into[x.spend] = 0
                             OR p_class[s_into[x.spend]] IN ('member', 'held', 'stock')) c
                      GROUP BY c.account HAVING sum(c.change) <> 0 ORDER BY c.account) c;
                PERFORM ledger_change_budget(b.fund, b.change)
                FROM (SELECT p_fund[s_into[x.spend]] AS fund, sum(x.amount)::bigint AS change
                      FROM unnest(part_spend, part_amount) x(spend, amount)
                      WHERE p_class[s_into[x.spend]] = 'budget' GROUP BY 1 ORDER BY 1) b;

                INSERT INTO ledger_transfer (booked_month, line, key, content_hash, at, recorded_at, from_account,
                                             to_account, amount, reverses, kind, ref, actor)
                SELECT v_book[x.s], x.line, s_key[x.s], s_hash[x.s], s_at[x.s], p_now, x.f, x.t, x.amount, NULL,
                       s_kind[x.s], s_ref[x.s], p_actor
                FROM unnest(part_spend, v_part_line, v_part_from, v_part_to, part_amount) x(s, line, f, t, amount)
                ORDER BY s_key[x.s], x.line;
                INSERT INTO ledger_hold (key, booked_month, holder, unit, amount)
                SELECT x.key, x.book, x.holder, x.unit, x.amount
                FROM unnest(outcome, s_into, s_key, v_book, s_holder, s_unit, s_amount)
                     x(outcome, into_pot, key, book, holder, unit, amount)
                WHERE x.outcome = 0 AND x.into_pot = 0 ORDER BY x.key;
                IF v_closed IS NOT NULL THEN
                    INSERT INTO ledger_late (key, own_month, booked_month)
                    SELECT l.key, l.own, l.book FROM unnest(s_key, s_month, v_book, outcome) l(key, own, book, outcome)
                    WHERE l.outcome = 0 AND l.own <> l.book ORDER BY l.key;
                END IF;
            END IF;
            EXIT;
        EXCEPTION WHEN SQLSTATE 'LG001' OR unique_violation THEN
            IF attempt = 10 THEN
                RAISE;
            END IF;
        END;
    END LOOP;

    IF 1 = ANY (outcome) THEN
        SELECT coalesce(part_spend, '{}') || array_agg(d.n::integer), coalesce(part_fund, '{}') || array_agg(d.fund),
               coalesce(part_expires_on, '{}') || array_agg(d.expires_on),
               coalesce(part_amount, '{}') || array_agg(d.amount)
        INTO part_spend, part_fund, part_expires_on, part_amount
        FROM (SELECT x.n, a.fund, nullif(a.expires_on, 'infinity') AS expires_on, t.amount
              FROM unnest(outcome, v_book, s_key) WITH ORDINALITY x(outcome, book, key, n)
              CROSS JOIN LATERAL (
                  SELECT * FROM ledger_transfer f WHERE f.booked_month = x.book AND f.key = x.key
                  ORDER BY f.line LIMIT 10000) t
              JOIN ledger_account a ON a.id = t.from_account
              WHERE x.outcome = 1 ORDER BY x.n, t.line) d;
    END IF;
END $$;

-- Lease budgets for a caller who decides how much to give; what is leased stays until the transaction ends.
-- Nothing is locked in a fund that has nothing.
CREATE FUNCTION ledger_lease_budgets(p_funds bigint[], p_wanted bigint[]) RETURNS TABLE (fund bigint, amount bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_funds bigint[];
    v_wanted bigint[];
BEGIN
    SELECT array_agg(w.fund ORDER BY w.fund), array_agg(w.wanted ORDER BY w.fund) INTO v_funds, v_wanted
    FROM unnest(p_funds, p_wanted) w(fund, wanted)
    WHERE EXISTS (SELECT FROM ledger_budget_slice s WHERE s.fund = w.fund AND s.amount > 0);
    IF v_funds IS NOT NULL THEN
        RETURN QUERY SELECT * FROM unnest(v_funds, ledger_lease(v_funds, v_wanted));
    END IF;
END $$;

-- Cut a budget into as many even slices as its size is worth. Called before and after it is raised: before, so that
-- all are locked in order.
CREATE FUNCTION ledger_cut_budget(p_fund bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_there integer;
    v_slices integer;
    v_total bigint;
BEGIN
    PERFORM ledger_lock_budgets(ARRAY[p_fund]);
    SELECT count(*), coalesce(sum(s.amount), 0) INTO v_there, v_total FROM ledger_budget_slice s WHERE s.fund = p_fund;
    v_slices := greatest(v_there, least(16, v_total / 1000));
    IF v_there = 0 THEN
        RETURN;
    END IF;
    INSERT INTO ledger_budget_slice (fund, slice, amount)
    SELECT p_fund, n, 0 FROM generate_series(v_there, v_slices - 1) n;
    UPDATE ledger_budget_slice s
    SET amount = v_total / v_slices + CASE WHEN s.slice < v_total % v_slices THEN 1 ELSE 0 END
    WHERE s.fund = p_fund;
END $$;

REVOKE ALL ON FUNCTION ledger_open, ledger_lock_budgets, ledger_lease, ledger_change_budget, ledger_change_balances,
    ledger_take_slice, ledger_post_one, ledger_decide, ledger_post, ledger_spend, ledger_lease_budgets, ledger_cut_budget
    FROM public;
GRANT EXECUTE ON FUNCTION ledger_post_one, ledger_post, ledger_spend, ledger_lease_budgets, ledger_cut_budget TO citycard_app;
