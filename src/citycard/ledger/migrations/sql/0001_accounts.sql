-- One row an account. Whose it is, of what unit, and for members: from which fund and until when.
-- What does not apply is 0, '' or 'infinity', never null, so that one plain unique index finds everything
-- and a person's lots lie in the order in which they are spent.
CREATE SEQUENCE ledger_city_account_id START 1;
CREATE SEQUENCE ledger_holder_account_id START 1000000000;
CREATE TABLE ledger_account (
    id bigint PRIMARY KEY,
    holder bigint NOT NULL,
    fund bigint NOT NULL,
    expires_on date NOT NULL,
    class text NOT NULL CHECK (class IN ('issuer', 'budget', 'member', 'held', 'partner', 'breakage',
                                         'loss', 'city', 'stock')),
    unit text NOT NULL CHECK (unit <> ''),
    code text NOT NULL,
    CHECK ((class IN ('member', 'held')) = (holder <> 0)),
    CHECK ((class IN ('budget', 'member', 'held')) = (fund <> 0)),
    CHECK (class IN ('member', 'held') OR expires_on = 'infinity')
);
CREATE UNIQUE INDEX ledger_account_names
    ON ledger_account (holder, unit, class, expires_on, fund, code);
CREATE INDEX ledger_account_funds ON ledger_account (fund) WHERE fund <> 0;
COMMENT ON TABLE ledger_account IS 'Accounts. Budgets have small ids and so are locked before people.';
COMMENT ON COLUMN ledger_account.expires_on IS 'The last local day on which the lot may be spent.';

-- Accounts that may not run dry carry their balance; issuers and partners carry none and are never locked.
-- A budget's balance lies in slices instead, so that writers who give from one fund don't wait for one another.
CREATE TABLE ledger_balance (
    account_id bigint PRIMARY KEY REFERENCES ledger_account (id),
    amount bigint NOT NULL CHECK (amount >= 0)
) WITH (fillfactor = 80);
CREATE TABLE ledger_budget_slice (
    fund bigint NOT NULL,
    slice smallint NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (fund, slice)
) WITH (fillfactor = 50);
COMMENT ON TABLE ledger_budget_slice IS 'What a fund may still give, in parts that writers lease one by one.';

CREATE TABLE ledger_fund (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    agency text NOT NULL,
    campaign_ref text NOT NULL,
    unit text NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_by text NOT NULL,
    UNIQUE (agency, campaign_ref, unit)
);
COMMENT ON TABLE ledger_fund IS 'Who pays for a group of campaigns; each lot names one.';

-- A move is one or more transfers under one key. Zero-sum by construction.
CREATE TABLE ledger_transfer (
    booked_month date NOT NULL,
    line smallint NOT NULL,
    key uuid NOT NULL,
    content_hash uuid NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    from_account bigint NOT NULL,
    to_account bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    reverses uuid,
    kind text NOT NULL,
    ref text NOT NULL,
    actor text NOT NULL,
    CHECK (from_account <> to_account),
    PRIMARY KEY (booked_month, key, line)
) PARTITION BY RANGE (booked_month);
-- By account alone: many rows of one account share an index entry, so a hot account costs next to nothing.
CREATE INDEX ledger_transfer_from ON ledger_transfer (from_account);
CREATE INDEX ledger_transfer_to ON ledger_transfer (to_account);
COMMENT ON COLUMN ledger_transfer.booked_month IS
    'First day of the local month of the key''s own time, or of the first open month after it.';
COMMENT ON COLUMN ledger_transfer.ref IS 'What it was for, by ids only, like redemption:12.';
INSERT INTO infra_partitioned VALUES ('ledger_transfer', 'date');

-- Points on their way out: taken from their lots, not yet with the partner.
CREATE TABLE ledger_hold (
    key uuid PRIMARY KEY,
    booked_month date NOT NULL,
    holder bigint NOT NULL,
    unit text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    state text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'settled', 'released')),
    ended_key uuid,
    ended_at timestamptz,
    CHECK ((state = 'held') = (ended_key IS NULL))
);
CREATE INDEX ledger_hold_open ON ledger_hold (holder, unit) WHERE state = 'held';

-- The application may read; it moves points through the functions of this schema alone.
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_account, ledger_balance, ledger_budget_slice, ledger_transfer
    FROM citycard_app;
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_fund FROM citycard_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_hold FROM citycard_app;
GRANT UPDATE (state, ended_key, ended_at) ON ledger_hold TO citycard_app;
REVOKE ALL ON SEQUENCE ledger_city_account_id, ledger_holder_account_id FROM citycard_app;

CREATE VIEW pub.ledger_accounts AS
SELECT id AS account_id, class, unit, nullif(holder, 0) AS holder, nullif(fund, 0) AS fund,
       nullif(expires_on, 'infinity') AS expires_on, nullif(code, '') AS code
FROM ledger_account;

CREATE VIEW pub.ledger_transfers AS
SELECT t.booked_month, t.key, t.line, t.kind, t.at, s.unit, t.amount, t.ref, t.reverses, t.recorded_at,
       t.from_account, s.class AS from_class, nullif(s.holder, 0) AS from_holder,
       nullif(s.fund, 0) AS from_fund, nullif(s.code, '') AS from_code,
       t.to_account, d.class AS to_class, nullif(d.holder, 0) AS to_holder,
       nullif(d.fund, 0) AS to_fund, nullif(d.code, '') AS to_code
FROM ledger_transfer t
JOIN ledger_account s ON s.id = t.from_account
JOIN ledger_account d ON d.id = t.to_account;
GRANT SELECT ON pub.ledger_accounts, pub.ledger_transfers TO citycard_app;

SELECT citycard_ensure_partition('ledger_transfer', (date_trunc('month', now()) + n * interval '1 month')::date)
FROM generate_series(-1, 2) AS n;
