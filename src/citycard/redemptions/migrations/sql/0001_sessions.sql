CREATE TABLE redemptions_session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    key uuid NOT NULL UNIQUE,
    kind text NOT NULL,
    unit text NOT NULL,
    device_id bigint NOT NULL,
    terminal text NOT NULL,
    place text NOT NULL,
    agency text NOT NULL,
    card_id bigint NOT NULL,
    member_id bigint NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    ntd bigint NOT NULL CHECK (ntd > 0),
    state text NOT NULL CHECK (state IN ('reserved', 'writing', 'settled', 'released', 'disputed')),
    purse_before bigint NOT NULL CHECK (purse_before >= 0),
    counter_before bigint NOT NULL CHECK (counter_before >= 0),
    purse_after bigint,
    counter_after bigint,
    hold_key uuid NOT NULL UNIQUE,
    end_key uuid UNIQUE,
    reserved_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    writing_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    reason text NOT NULL DEFAULT '',
    contested_at timestamptz,
    CHECK ((state IN ('settled', 'released')) = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (end_key IS NULL)),
    CHECK (state <> 'writing' OR writing_at IS NOT NULL)
);
COMMENT ON COLUMN redemptions_session.key IS 'Chosen by the kiosk before it asks; makes asking again harmless.';
COMMENT ON COLUMN redemptions_session.contested_at IS 'Evidence came that says otherwise; an officer must look.';
-- A card is in one writer at a time.
CREATE UNIQUE INDEX redemptions_session_card_busy ON redemptions_session (card_id)
    WHERE state IN ('reserved', 'writing');
CREATE INDEX redemptions_session_open ON redemptions_session (state, expires_at)
    WHERE state IN ('reserved', 'writing', 'disputed');
CREATE INDEX redemptions_session_contested ON redemptions_session (contested_at)
    WHERE contested_at IS NOT NULL;
CREATE INDEX redemptions_session_member ON redemptions_session (member_id, reserved_at DESC);
CREATE INDEX redemptions_session_device ON redemptions_session (device_id, reserved_at DESC);

-- Everything that anybody or anything said about a session, in the order in which it was heard.
CREATE TABLE redemptions_evidence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES redemptions_session (id),
    at timestamptz NOT NULL,
    source text NOT NULL CHECK (source IN ('agent', 'presentation', 'clock', 'officer')),
    says text NOT NULL CHECK (says IN ('written', 'not_written', 'unclear')),
    purse bigint,
    counter bigint,
    detail text NOT NULL,
    actor text NOT NULL,
    state_after text NOT NULL
);
CREATE INDEX redemptions_evidence_session ON redemptions_evidence (session_id);

REVOKE UPDATE, DELETE, TRUNCATE ON redemptions_session FROM citycard_app;
GRANT UPDATE (state, purse_after, counter_after, end_key, writing_at, ended_at, ended_by, reason,
              contested_at) ON redemptions_session TO citycard_app;
REVOKE UPDATE, DELETE, TRUNCATE ON redemptions_evidence FROM citycard_app;

CREATE VIEW pub.redemptions AS
SELECT id AS session_id, kind, unit, device_id, place, agency, card_id, member_id, points, ntd, state,
       reserved_at, ended_at
FROM redemptions_session;
GRANT SELECT ON pub.redemptions TO citycard_app;
