-- What each closed month came to. A closing is begun with the month, frozen once, and never rewritten: when a month
-- is opened again, its next closing is a new version beside the old one.
CREATE TABLE ledger_closing (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    month date NOT NULL CHECK (month = date_trunc('month', month)),
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL DEFAULT 'begun' CHECK (state IN ('begun', 'frozen', 'done')),
    made_by text NOT NULL,
    approved_by text NOT NULL CHECK (approved_by <> made_by),
    reason text NOT NULL,
    begun_at timestamptz NOT NULL,
    frozen_at timestamptz,
    done_at timestamptz,
    reopened_at timestamptz,
    reopened_why text NOT NULL DEFAULT '',
    UNIQUE (month, version),
    CHECK ((state = 'begun') = (frozen_at IS NULL)),
    CHECK ((state = 'done') = (done_at IS NOT NULL))
);
COMMENT ON TABLE ledger_closing IS 'Closings of booking months: who, when, and how far the work on them is.';

CREATE TABLE ledger_closing_position (
    closing_id bigint NOT NULL REFERENCES ledger_closing (id),
    debtor text NOT NULL,
    creditor text NOT NULL,
    fund bigint NOT NULL,
    unit text NOT NULL,
    amount bigint NOT NULL,
    late bigint NOT NULL,
    worth bigint,
    PRIMARY KEY (closing_id, debtor, creditor, fund, unit)
);
COMMENT ON TABLE ledger_closing_position IS 'Who owed whom for a closed month, out of which fund; worth in whole NT$.';

CREATE TABLE ledger_closing_line (
    closing_id bigint NOT NULL REFERENCES ledger_closing (id),
    fund bigint NOT NULL,
    opening bigint NOT NULL,
    closing bigint NOT NULL,
    changes jsonb NOT NULL,
    late jsonb NOT NULL,
    redeemed jsonb NOT NULL,
    PRIMARY KEY (closing_id, fund)
);
COMMENT ON TABLE ledger_closing_line IS 'What became of each fund''s points in a closed month: opening + changes = closing.';

CREATE TABLE ledger_closing_standing (
    closing_id bigint NOT NULL REFERENCES ledger_closing (id),
    unit text NOT NULL,
    class text NOT NULL,
    code text NOT NULL,
    fund bigint NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (closing_id, unit, class, code, fund)
);
COMMENT ON TABLE ledger_closing_standing IS 'What stood on each kind of account when a month was closed.';

CREATE TABLE ledger_closing_lot (
    closing_id bigint NOT NULL REFERENCES ledger_closing (id),
    fund bigint NOT NULL,
    last_day date NOT NULL,
    issued bigint NOT NULL,
    redeemed bigint NOT NULL,
    lapsed bigint NOT NULL,
    PRIMARY KEY (closing_id, fund, last_day)
);
COMMENT ON TABLE ledger_closing_lot IS 'What came into and went out of lots of one fund and last day in a closed month.';

REVOKE UPDATE, DELETE, TRUNCATE ON ledger_closing, ledger_closing_position, ledger_closing_line,
    ledger_closing_standing, ledger_closing_lot FROM citycard_app;
GRANT UPDATE (state, frozen_at, done_at, reopened_at, reopened_why) ON ledger_closing TO citycard_app;

-- A closing goes forward only, and takes figures only until it is frozen.
CREATE FUNCTION ledger_closing_goes_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (('begun', 'begun'), ('begun', 'frozen'), ('frozen', 'frozen'), ('frozen', 'done'),
                                      ('done', 'done'))
       OR OLD.frozen_at IS DISTINCT FROM NEW.frozen_at AND OLD.frozen_at IS NOT NULL
       OR OLD.done_at IS DISTINCT FROM NEW.done_at AND OLD.done_at IS NOT NULL
       OR OLD.reopened_at IS NOT NULL THEN
        RAISE EXCEPTION 'closing % is % already', OLD.id, OLD.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_closing_goes_forward BEFORE UPDATE ON ledger_closing
    FOR EACH ROW EXECUTE FUNCTION ledger_closing_goes_forward();

CREATE FUNCTION ledger_closing_is_frozen() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger_closing c WHERE c.id = NEW.closing_id AND c.state <> 'begun') THEN
        RAISE EXCEPTION 'closing % is frozen', NEW.closing_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_closing_is_frozen BEFORE INSERT ON ledger_closing_position
    FOR EACH ROW EXECUTE FUNCTION ledger_closing_is_frozen();
CREATE TRIGGER ledger_closing_is_frozen BEFORE INSERT ON ledger_closing_line
    FOR EACH ROW EXECUTE FUNCTION ledger_closing_is_frozen();
CREATE TRIGGER ledger_closing_is_frozen BEFORE INSERT ON ledger_closing_standing
    FOR EACH ROW EXECUTE FUNCTION ledger_closing_is_frozen();
CREATE TRIGGER ledger_closing_is_frozen BEFORE INSERT ON ledger_closing_lot
    FOR EACH ROW EXECUTE FUNCTION ledger_closing_is_frozen();

-- What an auditor's own database account may see: figures and funds, nobody's name or number.
CREATE VIEW pub.ledger_closings AS
SELECT id AS closing_id, month, version, state, made_by, approved_by, begun_at, frozen_at, done_at, reopened_at
FROM ledger_closing;
CREATE VIEW pub.ledger_positions AS
SELECT c.month, c.version, p.debtor, p.creditor, nullif(p.fund, 0) AS fund, p.unit, p.amount, p.late, p.worth
FROM ledger_closing_position p JOIN ledger_closing c ON c.id = p.closing_id;
CREATE VIEW pub.ledger_fund_lines AS
SELECT c.month, c.version, f.agency, f.campaign_ref, f.unit, l.fund, l.opening, l.closing, l.changes, l.late, l.redeemed
FROM ledger_closing_line l
JOIN ledger_closing c ON c.id = l.closing_id
JOIN ledger_fund f ON f.id = l.fund;
CREATE VIEW pub.ledger_funds AS
SELECT id AS fund, agency, campaign_ref, unit, opened_at FROM ledger_fund;
CREATE VIEW pub.ledger_journal AS
SELECT t.booked_month, t.key, t.line, t.kind, t.at, t.recorded_at, t.unit, t.amount, t.ref, t.reverses,
       t.from_class, t.from_fund, t.from_code, t.to_class, t.to_fund, t.to_code
FROM pub.ledger_transfers t;
COMMENT ON VIEW pub.ledger_journal IS 'Every transfer without whose it was: no holder, no account number.';
GRANT SELECT ON pub.ledger_closings, pub.ledger_positions, pub.ledger_fund_lines, pub.ledger_funds, pub.ledger_journal
    TO citycard_app;
