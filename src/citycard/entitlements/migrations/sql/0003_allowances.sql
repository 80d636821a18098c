-- By which pack and which facts amounts were decided: few, and shared by many people's months. Who finds none writes one;
-- two who do so at the same moment write two, and wait for nobody.
CREATE TABLE entitlements_allowance_ground (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pack_hash text NOT NULL,
    because jsonb NOT NULL
);
COMMENT ON TABLE entitlements_allowance_ground IS 'The pack and the facts by which months'' amounts were decided. Append-only.';
CREATE INDEX entitlements_allowance_ground_same ON entitlements_allowance_ground (pack_hash, because);
REVOKE UPDATE, DELETE, TRUNCATE ON entitlements_allowance_ground FROM citycard_app;

-- Find the grounds of what facts told, each once, and write those that are new.
CREATE FUNCTION entitlements_grounds(p_pack_hash text, p_told text[]) RETURNS TABLE (id integer, because jsonb)
LANGUAGE sql AS $$
    WITH known AS (
        SELECT w.because, (SELECT min(g.id) FROM entitlements_allowance_ground g
                           WHERE g.pack_hash = p_pack_hash AND g.because = w.because) AS id
        FROM (SELECT DISTINCT t.told::jsonb AS because FROM unnest(p_told) AS t(told)) w),
    made AS (
        INSERT INTO entitlements_allowance_ground AS g (pack_hash, because)
        SELECT p_pack_hash, k.because FROM known k WHERE k.id IS NULL RETURNING g.id, g.because)
    SELECT k.id, k.because FROM known k WHERE k.id IS NOT NULL UNION ALL SELECT m.id, m.because FROM made m
$$;

-- What a right fills once a month. One row a person, unit and month: whoever grants or uses it locks it.
CREATE TABLE entitlements_allowance (
    member_id bigint NOT NULL,
    fund bigint NOT NULL CHECK (fund > 0),
    amount bigint NOT NULL CHECK (amount >= 0),
    granted bigint NOT NULL,
    used bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
    decided_at timestamptz NOT NULL,
    month date NOT NULL CHECK (month = date_trunc('month', month)),
    starts_on date NOT NULL,
    ends_on date,
    decided_on date NOT NULL,
    revision integer NOT NULL DEFAULT 0,
    ground integer NOT NULL,
    returned boolean NOT NULL,
    unit text NOT NULL,
    entitlement text NOT NULL,
    -- By person first: a table holds one month alone, and nobody's month needs a second index.
    PRIMARY KEY (member_id, unit, month),
    -- What lies in the person's lot is granted - used: what the rule gives, and never less than what was used.
    CONSTRAINT entitlements_allowance_granted
        CHECK (granted = greatest(CASE WHEN returned THEN 0 ELSE amount END, used))
) PARTITION BY RANGE (month);
COMMENT ON TABLE entitlements_allowance IS 'A month''s allowance of a person: what the rule gives, what was posted, what is used.';
COMMENT ON COLUMN entitlements_allowance.entitlement IS 'The right that gives it; of several of one unit, the first of the month.';
COMMENT ON COLUMN entitlements_allowance.amount IS 'What the rule gives for the month.';
COMMENT ON COLUMN entitlements_allowance.starts_on IS 'First local day on which it may be used.';
COMMENT ON COLUMN entitlements_allowance.ends_on IS 'First local day on which it may no longer be used; null: to the month''s end.';
COMMENT ON COLUMN entitlements_allowance.returned IS 'What was left went back to the fund, because the right ended.';
COMMENT ON COLUMN entitlements_allowance.granted IS 'What was posted into the lot, less what was taken back.';
COMMENT ON COLUMN entitlements_allowance.ground IS 'The pack and the facts that it was decided by.';
COMMENT ON COLUMN entitlements_allowance.decided_on IS 'The day whose facts decided the amount.';
REVOKE DELETE, TRUNCATE ON entitlements_allowance FROM citycard_app;

-- A decision that another has replaced: what was given before, and why.
CREATE TABLE entitlements_allowance_before (
    month date NOT NULL,
    unit text NOT NULL,
    member_id bigint NOT NULL,
    revision integer NOT NULL,
    entitlement text NOT NULL,
    amount bigint NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    returned boolean NOT NULL,
    decided_on date NOT NULL,
    because jsonb NOT NULL,
    pack_hash text NOT NULL,
    decided_at timestamptz NOT NULL,
    replaced_at timestamptz NOT NULL,
    replaced_by text NOT NULL,
    PRIMARY KEY (member_id, month, unit, revision)
);
COMMENT ON TABLE entitlements_allowance_before IS 'What was decided of a month''s allowance before it was corrected.';
REVOKE UPDATE, DELETE, TRUNCATE ON entitlements_allowance_before FROM citycard_app;

CREATE TABLE entitlements_allowance_use (
    member_id bigint NOT NULL,
    at timestamptz NOT NULL,
    set_at timestamptz NOT NULL,
    wanted bigint NOT NULL CHECK (wanted >= 0),
    points bigint NOT NULL CHECK (points >= 0),
    month date NOT NULL,
    revision integer NOT NULL DEFAULT 0,
    key uuid NOT NULL,
    unit text NOT NULL,
    category text NOT NULL,
    service text NOT NULL,
    into_code text NOT NULL,
    why text NOT NULL,
    moves uuid[],
    moved bigint[],
    price_ntd bigint,
    stored_value_ntd bigint,
    cash_ntd bigint,
    PRIMARY KEY (month, key),
    CHECK (points <= wanted),
    CHECK ((moves IS NULL) = (moved IS NULL)),
    CHECK (cardinality(moved) = cardinality(moves))
) PARTITION BY RANGE (month);
COMMENT ON TABLE entitlements_allowance_use IS 'One use of a month''s allowance and what is posted of it now; the moves stand in the ledger.';
COMMENT ON COLUMN entitlements_allowance_use.category IS 'What it was spent on, by the pack''s name.';
COMMENT ON COLUMN entitlements_allowance_use.why IS 'Why less than wanted was posted; empty when nothing is missing.';
COMMENT ON COLUMN entitlements_allowance_use.into_code IS 'Who got the points: class and code of an account of the unit; else its whole mark.';
COMMENT ON COLUMN entitlements_allowance_use.moves IS 'The moves that spent, in order; moved says what is left of each. Null: the one under the use''s own key, and all of it; or none.';
COMMENT ON COLUMN entitlements_allowance_use.price_ntd IS 'At a till: the price, and what stored value and cash paid of it.';
CREATE INDEX entitlements_allowance_use_person ON entitlements_allowance_use (member_id);
REVOKE DELETE, TRUNCATE ON entitlements_allowance_use FROM citycard_app;

CREATE TABLE entitlements_allowance_run (
    month date NOT NULL,
    pack_hash text NOT NULL,
    up_to bigint NOT NULL,
    granted bigint NOT NULL,
    finished_at timestamptz,
    PRIMARY KEY (month, pack_hash)
);
COMMENT ON TABLE entitlements_allowance_run IS 'How far a month''s granting is: up to which member, by which pack.';
REVOKE DELETE, TRUNCATE ON entitlements_allowance_run FROM citycard_app;

INSERT INTO infra_partitioned VALUES ('entitlements_allowance', 'date'), ('entitlements_allowance_use', 'date');
SELECT citycard_ensure_partition(parent, (date_trunc('month', now()) + n * interval '1 month')::date)
FROM unnest(ARRAY['entitlements_allowance', 'entitlements_allowance_use']) AS parent, generate_series(-1, 2) AS n;

-- What rides took: whoever decides rides compares what they take now and sends only what differs.
CREATE VIEW pub.entitlements_uses AS
SELECT u.month, u.member_id, u.at, u.unit, u.category, u.wanted, u.points,
       CASE WHEN starts_with(u.into_code, 'partner|') THEN substr(u.into_code, 9) END AS partner
FROM entitlements_allowance_use u WHERE u.service = '';
GRANT SELECT ON pub.entitlements_uses TO citycard_app;
