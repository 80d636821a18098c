-- How much of each line of a move was taken back, for moves that ever were. A reversal is a move of its own
-- and has rows here, too: each of its lines says which line it takes back, and can itself be taken back, which
-- gives the first one back to its move. So `reversed` is what is effectively taken back at the moment.
CREATE TABLE ledger_reversed (
    key uuid NOT NULL,
    line smallint NOT NULL,
    booked_month date NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    reversed bigint NOT NULL DEFAULT 0,
    takes_back uuid,
    takes_back_line smallint,
    PRIMARY KEY (key, line),
    CONSTRAINT ledger_reversed_within_its_move CHECK (reversed BETWEEN 0 AND amount),
    CHECK ((takes_back IS NULL) = (takes_back_line IS NULL)),
    FOREIGN KEY (takes_back, takes_back_line) REFERENCES ledger_reversed (key, line)
);
CREATE INDEX ledger_reversed_by ON ledger_reversed (takes_back, takes_back_line)
    WHERE takes_back IS NOT NULL;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_reversed FROM citycard_app;
COMMENT ON TABLE ledger_reversed IS 'How much of each line of a move is taken back; never more than it moved.';

-- Lock what may be taken back of some moves, with everything that these take back themselves, and list the
-- moves' lines. Who takes back the same move waits here, before any balance is touched.
CREATE FUNCTION ledger_lock_reversed(p_keys uuid[], p_months date[])
RETURNS TABLE (key uuid, line smallint, root uuid, unit text, amount bigint, reversed bigint,
               from_account bigint, to_account bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    INSERT INTO ledger_reversed (key, line, booked_month, amount)
    SELECT t.key, t.line, t.booked_month, t.amount
    FROM unnest(p_keys, p_months) AS k(key, month)
    CROSS JOIN LATERAL (
        SELECT * FROM pub.ledger_transfers f WHERE f.booked_month = k.month AND f.key = k.key
        ORDER BY f.line LIMIT 1000) t
    ORDER BY t.key, t.line
    ON CONFLICT DO NOTHING;

    PERFORM FROM ledger_reversed r
    WHERE r.key IN (
        WITH RECURSIVE chain AS (
            SELECT k AS key FROM unnest(p_keys) k
            UNION
            SELECT u.takes_back FROM chain c JOIN ledger_reversed u ON u.key = c.key
            WHERE u.takes_back IS NOT NULL)
        SELECT c.key FROM chain c)
    ORDER BY r.key, r.line FOR UPDATE;

    RETURN QUERY
    WITH RECURSIVE chain AS (
        SELECT k AS of, k AS key, 0 AS steps FROM unnest(p_keys) k
        UNION
        SELECT c.of, u.takes_back, c.steps + 1 FROM chain c JOIN ledger_reversed u ON u.key = c.key
        WHERE u.takes_back IS NOT NULL),
    roots AS (SELECT DISTINCT ON (c.of) c.of, c.key FROM chain c ORDER BY c.of, c.steps DESC)
    -- What is left of a line is bounded all the way up: taking it back takes back, or gives back, at every step.
    SELECT r.key, r.line, o.key, t.unit, r.amount, r.amount - l.room, t.from_account, t.to_account
    FROM roots o
    JOIN ledger_reversed r ON r.key = o.of
    CROSS JOIN LATERAL (
        WITH RECURSIVE up AS (
            SELECT u.takes_back, u.takes_back_line, u.amount - u.reversed AS room, false AS gives
            FROM ledger_reversed u WHERE u.key = r.key AND u.line = r.line
            UNION ALL
            SELECT n.takes_back, n.takes_back_line,
                   CASE WHEN u.gives THEN n.amount - n.reversed ELSE n.reversed END, NOT u.gives
            FROM up u JOIN ledger_reversed n ON n.key = u.takes_back AND n.line = u.takes_back_line)
        SELECT min(u.room) AS room FROM up u) l
    CROSS JOIN LATERAL (
        SELECT * FROM pub.ledger_transfers f
        WHERE f.booked_month = r.booked_month AND f.key = r.key AND f.line = r.line LIMIT 1) t
    ORDER BY r.key, r.line;
END $$;

-- Note what reversals that were just posted took back, line by line. What they are is read from the books;
-- the caller says only which line each of their lines takes back.
CREATE FUNCTION ledger_note_reversed(p_keys uuid[], p_months date[], p_lines smallint[], p_of_lines smallint[])
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    v_noted integer;
BEGIN
    WITH RECURSIVE noted AS (
        INSERT INTO ledger_reversed (key, line, booked_month, amount, takes_back, takes_back_line)
        SELECT t.key, t.line, t.booked_month, t.amount, t.reverses, k.of_line
        FROM unnest(p_keys, p_months, p_lines, p_of_lines) AS k(key, month, line, of_line)
        CROSS JOIN LATERAL (
            SELECT * FROM pub.ledger_transfers f
            WHERE f.booked_month = k.month AND f.key = k.key AND f.line = k.line LIMIT 1) t
        ORDER BY t.key, t.line
        RETURNING amount, takes_back, takes_back_line),
    -- taking back what took something back gives it back, and so on up the chain
    up AS (
        SELECT n.takes_back AS key, n.takes_back_line AS line, n.amount AS change FROM noted n
        UNION ALL
        SELECT r.takes_back, r.takes_back_line, -u.change
        FROM up u JOIN ledger_reversed r ON r.key = u.key AND r.line = u.line
        WHERE r.takes_back IS NOT NULL),
    summed AS (SELECT u.key, u.line, sum(u.change) AS change FROM up u GROUP BY u.key, u.line),
    changed AS (
        UPDATE ledger_reversed r SET reversed = r.reversed + s.change
        FROM summed s WHERE r.key = s.key AND r.line = s.line)
    SELECT count(*) INTO v_noted FROM noted;
    RETURN v_noted;
END $$;

REVOKE ALL ON FUNCTION ledger_lock_reversed, ledger_note_reversed FROM public;
GRANT EXECUTE ON FUNCTION ledger_lock_reversed, ledger_note_reversed TO citycard_app;

CREATE VIEW pub.ledger_reversed AS
SELECT key, booked_month, sum(amount)::bigint AS amount, sum(reversed)::bigint AS reversed
FROM ledger_reversed GROUP BY key, booked_month;
GRANT SELECT ON pub.ledger_reversed TO citycard_app;

-- Lots by their last day, for the nightly lapse.
CREATE INDEX ledger_account_lapsing ON ledger_account (expires_on, holder, id)
    WHERE class = 'member' AND expires_on < 'infinity';

-- Lots whose last day is over and that still have something, in order of the day and then by person, whose lots of
-- a day are never cut in two. First which lots, along the index; then, for these alone, what came in after the last
-- day, which decides the lapse's date, and how often something went out, which makes its key new. By account alone: of a
-- month without statistics the planner would walk the key's index instead.
CREATE FUNCTION ledger_due_lots(p_on date, p_day date, p_holder bigint, p_limit integer)
RETURNS TABLE (id bigint, holder bigint, unit text, fund bigint, expires_on date, amount bigint,
               newest timestamptz, times bigint)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN QUERY
    WITH due AS MATERIALIZED (
        SELECT a.id, a.holder, a.unit, a.fund, a.expires_on, b.amount
        FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
        WHERE a.class = 'member' AND a.expires_on < p_on AND a.expires_on < 'infinity'
          AND b.amount > 0 AND (a.expires_on, a.holder) > (p_day, p_holder)
        ORDER BY a.expires_on, a.holder FETCH FIRST p_limit ROWS WITH TIES)
    SELECT d.id, d.holder, d.unit, d.fund, d.expires_on, d.amount, came.newest, went.times
    FROM due d
    CROSS JOIN LATERAL (
        SELECT max(t.at) AS newest FROM ledger_transfer t WHERE t.to_account = d.id) came
    CROSS JOIN LATERAL (
        SELECT count(*) AS times FROM ledger_transfer t WHERE t.from_account = d.id) went
    ORDER BY d.expires_on, d.holder, d.id;
END $$;
REVOKE ALL ON FUNCTION ledger_due_lots FROM public;
GRANT EXECUTE ON FUNCTION ledger_due_lots TO citycard_app;

CREATE TABLE ledger_lapse_run (
    day date PRIMARY KEY,
    finished_at timestamptz NOT NULL,
    actor text NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_lapse_run FROM citycard_app;
COMMENT ON TABLE ledger_lapse_run IS 'Days on which everything whose last day had passed has lapsed.';

-- Who has been told that points will lapse: for each unit and last day, up to whom.
CREATE TABLE ledger_lapse_notice (
    unit text NOT NULL,
    last_day date NOT NULL,
    told_up_to bigint NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (unit, last_day)
);
REVOKE DELETE, TRUNCATE ON ledger_lapse_notice FROM citycard_app;

-- Lock everything that people have in some units, by number, then list what is in their lots: for moves that
-- decide from which lots they take.
CREATE FUNCTION ledger_lock_purses(p_holders bigint[], p_units text[])
RETURNS TABLE (holder bigint, unit text, fund bigint, expires_on date, amount bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    -- One statement: a lot that appears meanwhile is not locked and so must not be seen.
    RETURN QUERY
    WITH locked AS MATERIALIZED (
        SELECT b.account_id, b.amount FROM ledger_balance b
        WHERE b.account_id IN (
            SELECT a.id FROM ledger_account a
            WHERE a.holder = ANY (p_holders) AND a.unit = ANY (p_units) AND a.class IN ('member', 'held'))
        ORDER BY b.account_id FOR NO KEY UPDATE)
    SELECT a.holder, a.unit, a.fund, a.expires_on, l.amount
    FROM locked l JOIN pub.ledger_accounts a ON a.account_id = l.account_id
    WHERE a.class = 'member' AND l.amount > 0;
END $$;
REVOKE ALL ON FUNCTION ledger_lock_purses FROM public;
GRANT EXECUTE ON FUNCTION ledger_lock_purses TO citycard_app;

-- A run that gives back what was wrongly charged to many people, line by line, and says so to each.
CREATE TABLE ledger_refund_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit text NOT NULL,
    agency text NOT NULL,
    why_zh text NOT NULL CHECK (why_zh <> ''),
    why_en text NOT NULL CHECK (why_en <> ''),
    goodwill bigint NOT NULL CHECK (goodwill >= 0),
    goodwill_fund bigint REFERENCES ledger_fund (id),
    charged_fund bigint REFERENCES ledger_fund (id),
    file_name text NOT NULL,
    content_hash text NOT NULL,
    state text NOT NULL DEFAULT 'draft'
        CHECK (state IN ('draft', 'dropped', 'running', 'done', 'undoing', 'undone')),
    attempt integer NOT NULL DEFAULT 0,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    begun_at timestamptz,
    begun_by text,
    undone_at timestamptz,
    undone_by text,
    undone_why_zh text NOT NULL DEFAULT '',
    undone_why_en text NOT NULL DEFAULT '',
    ended_at timestamptz,
    CHECK ((goodwill > 0) = (goodwill_fund IS NOT NULL)),
    CHECK ((state IN ('draft', 'dropped')) = (begun_at IS NULL)),
    CHECK (state NOT IN ('undoing', 'undone') OR undone_at IS NOT NULL)
);
COMMENT ON TABLE ledger_refund_run IS 'Refund runs: proposed by one officer, released by another, taken back if need be.';
COMMENT ON COLUMN ledger_refund_run.goodwill IS 'Points each person gets on top, once, from goodwill_fund.';
COMMENT ON COLUMN ledger_refund_run.charged_fund IS 'Stands in for what was charged outside of these books; the charges are posted when the run is begun.';
COMMENT ON COLUMN ledger_refund_run.state IS 'dropped: it was never begun, and will not be.';
CREATE TABLE ledger_refund_line (
    run_id bigint NOT NULL REFERENCES ledger_refund_run (id),
    line integer NOT NULL,
    reference text NOT NULL,
    move_key uuid NOT NULL,
    holder bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'done', 'refused', 'short', 'owed', 'undone', 'kept')),
    why text NOT NULL DEFAULT '',
    facts jsonb NOT NULL DEFAULT '{}',
    goodwill bigint NOT NULL DEFAULT 0 CHECK (goodwill >= 0),
    at timestamptz,
    PRIMARY KEY (run_id, line),
    UNIQUE (run_id, move_key)
);
CREATE INDEX ledger_refund_line_next ON ledger_refund_line (run_id, state, holder, line);
COMMENT ON COLUMN ledger_refund_line.reference IS 'What the list said: the key of a move, or a redemption.';
COMMENT ON COLUMN ledger_refund_line.state IS 'kept: it was to be undone, but the points are spent; short: given back, but the fund could not pay the goodwill; owed: that goodwill is tried again.';
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_refund_run, ledger_refund_line FROM citycard_app;
GRANT UPDATE (state, attempt, begun_at, begun_by, undone_at, undone_by, undone_why_zh, undone_why_en,
              ended_at) ON ledger_refund_run TO citycard_app;
GRANT UPDATE (state, why, facts, goodwill, at) ON ledger_refund_line TO citycard_app;
