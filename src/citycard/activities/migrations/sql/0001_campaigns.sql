CREATE TABLE activities_campaign (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    agency text NOT NULL,
    names jsonb NOT NULL,
    unit text NOT NULL,
    fund_id bigint NOT NULL REFERENCES ledger_fund (id),
    points_per_tap bigint NOT NULL CHECK (points_per_tap > 0),
    per_person_cap bigint NOT NULL CHECK (per_person_cap > 0),
    per_day_cap bigint CHECK (per_day_cap > 0),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    residents_only boolean NOT NULL,
    trigger text NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'open', 'closed')),
    closed_at timestamptz,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    CHECK (starts_at < ends_at)
);
CREATE INDEX activities_campaign_agency ON activities_campaign (agency, starts_at DESC);
COMMENT ON COLUMN activities_campaign.per_person_cap IS 'Most points that one person gets, over all cards.';
COMMENT ON COLUMN activities_campaign.trigger IS 'The event that gives points instead of a tap, or nothing.';

CREATE TABLE activities_campaign_device (
    device_id bigint NOT NULL,
    campaign_id bigint NOT NULL REFERENCES activities_campaign (id),
    PRIMARY KEY (device_id, campaign_id)
);

-- What each person got: the caps are held here, under the row's lock and its CHECK. What it was before it was last
-- counted stands beside it, so that the statement that counts can say it, on every PostgreSQL.
CREATE TABLE activities_participation (
    campaign_id bigint NOT NULL REFERENCES activities_campaign (id),
    member_id bigint NOT NULL,
    taps bigint NOT NULL DEFAULT 0,
    points bigint NOT NULL DEFAULT 0,
    points_before bigint NOT NULL DEFAULT 0,
    cap bigint NOT NULL,
    first_at timestamptz,
    last_at timestamptz,
    PRIMARY KEY (campaign_id, member_id),
    CHECK (points BETWEEN 0 AND cap)
) WITH (fillfactor = 80);
CREATE INDEX activities_participation_member ON activities_participation (member_id);

-- The same by local day, kept only for campaigns with a cap a day.
CREATE TABLE activities_participation_day (
    campaign_id bigint NOT NULL,
    member_id bigint NOT NULL,
    day date NOT NULL,
    points bigint NOT NULL DEFAULT 0,
    cap bigint NOT NULL,
    PRIMARY KEY (campaign_id, member_id, day),
    FOREIGN KEY (campaign_id, member_id) REFERENCES activities_participation,
    CHECK (points BETWEEN 0 AND cap)
);

REVOKE DELETE, TRUNCATE ON activities_campaign, activities_participation, activities_participation_day
    FROM citycard_app;
REVOKE UPDATE ON activities_campaign FROM citycard_app;
GRANT UPDATE (state, closed_at) ON activities_campaign TO citycard_app;

CREATE VIEW pub.campaigns AS
SELECT id AS campaign_id, code, agency, names, unit, fund_id, starts_at, ends_at, state
FROM activities_campaign;
GRANT SELECT ON pub.campaigns TO citycard_app;
