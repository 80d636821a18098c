-- Booking months open and close; what comes late is booked in the first open month after its own.
CREATE TABLE ledger_period (
    month date PRIMARY KEY CHECK (month = date_trunc('month', month)),
    state text NOT NULL CHECK (state IN ('open', 'closed')),
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);
COMMENT ON TABLE ledger_period IS 'Booking months that were ever closed; all others are open.';
CREATE TABLE ledger_period_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    month date NOT NULL REFERENCES ledger_period (month),
    state text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);
COMMENT ON TABLE ledger_period_change IS 'Every closing and reopening.';
CREATE TABLE ledger_late (
    key uuid PRIMARY KEY,
    own_month date NOT NULL,
    booked_month date NOT NULL,
    CHECK (booked_month > own_month)
);
CREATE INDEX ledger_late_months ON ledger_late (booked_month, own_month);
COMMENT ON TABLE ledger_late IS 'Moves that came when their own month was closed, and where they are booked.';
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_period, ledger_period_change, ledger_late FROM citycard_app;

-- Where each key of a batch stands or is to be booked: its own month, the month that a late one was booked in, or
-- the first open one after its own. Only months that were ever closed need a look.
CREATE FUNCTION ledger_book(m_key uuid[], m_own date[]) RETURNS date[]
LANGUAGE sql STABLE AS $$
    SELECT array_agg(coalesce(l.booked_month, m.own) ORDER BY m.n)
    FROM unnest(m_key, m_own) WITH ORDINALITY AS m(key, own, n)
    LEFT JOIN LATERAL (SELECT l.booked_month FROM ledger_late l WHERE l.key = m.key LIMIT 1) l ON true
$$;
CREATE FUNCTION ledger_open_month(p_own date) RETURNS date
LANGUAGE sql STABLE AS $$
    SELECT coalesce(min(p.next), p_own) FROM (
        SELECT (p.month + interval '1 month')::date AS next FROM ledger_period p
        WHERE p.state = 'closed' AND p.month >= p_own
          AND EXISTS (SELECT FROM ledger_period o WHERE o.month = p_own AND o.state = 'closed')) p
    WHERE NOT EXISTS (SELECT FROM ledger_period q WHERE q.month = p.next AND q.state = 'closed')
$$;

-- What a closed month answers to anybody who writes, its owner too. The code is one that posting hears: it looks
-- again, finds the month closed and books the move in the next.
CREATE FUNCTION ledger_refuse_closed() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the booking month of % is closed', TG_TABLE_NAME USING ERRCODE = 'LG001';
END $$;
-- A month opened again may hold keys that were booked elsewhere while it was closed: they stay where they are.
CREATE FUNCTION ledger_refuse_late() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_late l WHERE l.key = NEW.key AND l.booked_month <> NEW.booked_month) THEN
        RAISE EXCEPTION 'this move is booked in a later month' USING ERRCODE = 'LG001';
    END IF;
    RETURN NEW;
END $$;

-- Close a month; true when it was open. Waits for the batches that write to it (by the lock that making a trigger
-- takes), and from then on the month's table refuses every change.
CREATE FUNCTION ledger_close_month(p_month date, p_actor text, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_table text := 'ledger_transfer_' || to_char(p_month, 'YYYYMM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ledger_period'));
    IF EXISTS (SELECT FROM ledger_period p WHERE p.month = p_month AND p.state = 'closed') THEN
        RETURN false;
    END IF;
    PERFORM citycard_ensure_partition('ledger_transfer', p_month);
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = v_table::regclass AND tgname = 'ledger_closed') THEN
        EXECUTE format('ALTER TABLE %I ENABLE TRIGGER ledger_closed, ENABLE TRIGGER ledger_closed_whole', v_table);
    ELSE
        EXECUTE format('CREATE TRIGGER ledger_closed BEFORE INSERT OR UPDATE OR DELETE ON %I'
                       ' FOR EACH ROW EXECUTE FUNCTION ledger_refuse_closed()', v_table);
        EXECUTE format('CREATE TRIGGER ledger_closed_whole BEFORE TRUNCATE ON %I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_closed()', v_table);
    END IF;
    INSERT INTO ledger_period (month, state, changed_at, changed_by) VALUES (p_month, 'closed', p_now, p_actor)
    ON CONFLICT (month) DO UPDATE SET state = 'closed', changed_at = p_now, changed_by = p_actor;
    INSERT INTO ledger_period_change (month, state, changed_at, changed_by)
    VALUES (p_month, 'closed', p_now, p_actor);
    RETURN true;
END $$;

-- Open a closed month again; true when it was closed.
CREATE FUNCTION ledger_reopen_month(p_month date, p_actor text, p_now timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_table text := 'ledger_transfer_' || to_char(p_month, 'YYYYMM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ledger_period'));
    UPDATE ledger_period SET state = 'open', changed_at = p_now, changed_by = p_actor
    WHERE month = p_month AND state = 'closed';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE %I DISABLE TRIGGER ledger_closed, DISABLE TRIGGER ledger_closed_whole', v_table);
    EXECUTE format('CREATE OR REPLACE TRIGGER ledger_late_elsewhere BEFORE INSERT ON %I'
                   ' FOR EACH ROW EXECUTE FUNCTION ledger_refuse_late()', v_table);
    INSERT INTO ledger_period_change (month, state, changed_at, changed_by)
    VALUES (p_month, 'open', p_now, p_actor);
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION ledger_book, ledger_open_month, ledger_close_month, ledger_reopen_month FROM public;
GRANT EXECUTE ON FUNCTION ledger_book, ledger_close_month, ledger_reopen_month TO citycard_app;

CREATE VIEW pub.ledger_periods AS SELECT month, state, changed_at, changed_by FROM ledger_period;
CREATE VIEW pub.ledger_late AS SELECT key, own_month, booked_month FROM ledger_late;
GRANT SELECT ON pub.ledger_periods, pub.ledger_late TO citycard_app;
