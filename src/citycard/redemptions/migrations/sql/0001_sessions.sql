CREATE TABLE redemptions_session (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    key uuid NOT NULL UNIQUE,
    way text NOT NULL CHECK (way IN ('card', 'account', 'till')),
    kind text NOT NULL,
    unit text NOT NULL,
    partner text NOT NULL,
    device_id bigint,
    terminal text NOT NULL,
    place text NOT NULL,
    agency text NOT NULL,
    card_id bigint,
    member_id bigint NOT NULL,
    points bigint NOT NULL CHECK (points > 0),
    ntd bigint NOT NULL CHECK (ntd > 0),
    state text NOT NULL CHECK (state IN ('reserved', 'writing', 'settled', 'released', 'disputed')),
    purse_before bigint CHECK (purse_before >= 0),
    counter_before bigint CHECK (counter_before >= 0),
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
    receipt text NOT NULL DEFAULT '',
    contested_at timestamptz,
    set_aside_at timestamptz,
    ruled text CHECK (ruled IN ('written', 'not_written')),
    returned_points bigint NOT NULL DEFAULT 0 CHECK (returned_points BETWEEN 0 AND points),
    CHECK ((state IN ('settled', 'released')) = (ended_at IS NOT NULL)),
    CHECK ((ended_at IS NULL) = (end_key IS NULL)),
    CHECK (state <> 'writing' OR writing_at IS NOT NULL),
    CHECK (returned_points = 0 OR state = 'settled'),
    CHECK (ruled IS NULL OR (ruled = 'written') = (state = 'released')),
    CHECK (way <> 'card' OR (device_id IS NOT NULL AND card_id IS NOT NULL AND purse_before IS NOT NULL
                             AND counter_before IS NOT NULL)),
    CHECK (way <> 'till' OR device_id IS NOT NULL)
);
COMMENT ON COLUMN redemptions_session.key IS 'Chosen by whoever asks, before asking; makes asking again harmless.';
COMMENT ON COLUMN redemptions_session.way IS 'Who gives the value: a kiosk writes a card, a partner credits an account, a till takes points for a purchase.';
COMMENT ON COLUMN redemptions_session.contested_at IS 'Evidence came that says otherwise; an officer must look.';
COMMENT ON COLUMN redemptions_session.set_aside_at IS 'The clock could not end this reservation; the others were not held up.';
COMMENT ON COLUMN redemptions_session.ruled IS 'An officer found the end to be wrong and made it good; says what is true.';
COMMENT ON COLUMN redemptions_session.returned_points IS 'Of a settled redemption: points that went back to the person.';
COMMENT ON COLUMN redemptions_session.receipt IS 'The partner''s own reference of the credit, or the till''s of the purchase.';
-- A card is in one writer at a time.
CREATE UNIQUE INDEX redemptions_session_card_busy ON redemptions_session (card_id)
    WHERE way = 'card' AND state IN ('reserved', 'writing');
CREATE INDEX redemptions_session_open ON redemptions_session (state, expires_at)
    WHERE state IN ('reserved', 'writing', 'disputed');
CREATE INDEX redemptions_session_contested ON redemptions_session (contested_at)
    WHERE contested_at IS NOT NULL;
CREATE INDEX redemptions_session_member ON redemptions_session (member_id, reserved_at DESC);
CREATE INDEX redemptions_session_device ON redemptions_session (device_id, reserved_at DESC);
CREATE INDEX redemptions_session_written ON redemptions_session (writing_at) WHERE way = 'card';
CREATE INDEX redemptions_session_ended ON redemptions_session (partner, ended_at) WHERE state = 'settled';
CREATE INDEX redemptions_session_counter ON redemptions_session (card_id, counter_before)
    WHERE way = 'card' AND writing_at IS NOT NULL;

-- Everything that anybody or anything said about a session, in the order in which it was heard.
CREATE TABLE redemptions_evidence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES redemptions_session (id),
    at timestamptz NOT NULL,
    source text NOT NULL CHECK (source IN ('agent', 'presentation', 'file', 'partner', 'till', 'clock',
                                           'officer')),
    says text NOT NULL CHECK (says IN ('written', 'not_written', 'unclear')),
    purse bigint,
    counter bigint,
    detail text NOT NULL,
    actor text NOT NULL,
    state_after text NOT NULL
);
CREATE INDEX redemptions_evidence_session ON redemptions_evidence (session_id);

-- What was made good after the end: points returned, or taken again from whoever has the value.
CREATE TABLE redemptions_correction (
    key uuid PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES redemptions_session (id),
    kind text NOT NULL CHECK (kind IN ('returned', 'charged')),
    points bigint NOT NULL CHECK (points > 0),
    ntd bigint NOT NULL CHECK (ntd >= 0),
    lost_points bigint NOT NULL DEFAULT 0 CHECK (lost_points BETWEEN 0 AND points),
    reason text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX redemptions_correction_session ON redemptions_correction (session_id);
COMMENT ON COLUMN redemptions_correction.lost_points IS 'Of a late charge: what the person no longer had; the city bears it.';

REVOKE UPDATE, DELETE, TRUNCATE ON redemptions_session FROM citycard_app;
GRANT UPDATE (state, purse_after, counter_after, end_key, writing_at, ended_at, ended_by, reason, receipt,
              contested_at, set_aside_at, ruled, returned_points) ON redemptions_session TO citycard_app;
REVOKE UPDATE, DELETE, TRUNCATE ON redemptions_evidence, redemptions_correction FROM citycard_app;

CREATE VIEW pub.redemptions AS
SELECT id AS session_id, way, kind, unit, partner, device_id, place, agency, card_id, member_id, points, ntd,
       state, reserved_at, ended_at, returned_points
FROM redemptions_session;
GRANT SELECT ON pub.redemptions TO citycard_app;
