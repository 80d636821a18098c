-- What readers saw of pupils and staff: copied from the taps, each once. Append-only.
CREATE TABLE attendance_mark (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key uuid NOT NULL UNIQUE,
    member_id bigint NOT NULL,
    card_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('school', 'staff')),
    agency text NOT NULL,
    at timestamptz NOT NULL,
    direction text NOT NULL CHECK (direction IN ('in', 'out', 'either')),
    place text NOT NULL,
    reader_id bigint NOT NULL,
    epoch integer NOT NULL,
    seq bigint NOT NULL,
    service text NOT NULL,
    received_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON COLUMN attendance_mark.received_at IS 'When the tap reached the city: late where its reader was cut off.';
COMMENT ON TABLE attendance_mark IS 'Taps where people come and leave. Stays follow from them, whatever the order in which they arrived.';
CREATE INDEX attendance_mark_member ON attendance_mark (member_id, kind, agency, at);

-- What somebody responsible said about a stay. The newest about it counts; none is ever changed.
CREATE TABLE attendance_word (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key uuid NOT NULL UNIQUE,
    stay_key uuid NOT NULL,
    member_id bigint NOT NULL,
    kind text NOT NULL,
    agency text NOT NULL,
    place text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    struck boolean NOT NULL,
    covers_from timestamptz NOT NULL,
    covers_to timestamptz NOT NULL,
    reason_sealed bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    CHECK (starts_at < ends_at),
    CHECK (covers_from <= covers_to)
);
CREATE INDEX attendance_word_member ON attendance_word (member_id, kind, agency);

-- Stays as they stand, and every version that they had.
CREATE TABLE attendance_stay (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key uuid NOT NULL UNIQUE,
    member_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('school', 'staff')),
    agency text NOT NULL,
    place text NOT NULL,
    day date NOT NULL,
    starts_at timestamptz,
    ends_at timestamptz,
    state text NOT NULL CHECK (state IN ('whole', 'no_out', 'no_in', 'struck', 'gone')),
    version integer NOT NULL,
    word_id bigint REFERENCES attendance_word (id),
    CHECK (starts_at IS NOT NULL OR ends_at IS NOT NULL)
) WITH (fillfactor = 80);
CREATE INDEX attendance_stay_member ON attendance_stay (member_id, kind, day DESC, id DESC);
CREATE INDEX attendance_stay_agency ON attendance_stay (agency, kind, day DESC, id DESC);
CREATE INDEX attendance_stay_whole ON attendance_stay (member_id, kind, agency, starts_at)
    WHERE state = 'whole' AND word_id IS NULL;
COMMENT ON COLUMN attendance_stay.key IS 'The tap that began it (or, without one, that ended it).';
COMMENT ON COLUMN attendance_stay.day IS 'The local day on which it began; an overnight shift belongs to it.';
COMMENT ON COLUMN attendance_stay.state IS 'gone: a tap that came later showed that no stay began here.';

CREATE TABLE attendance_version (
    stay_id bigint NOT NULL REFERENCES attendance_stay (id),
    version integer NOT NULL,
    state text NOT NULL,
    starts_at timestamptz,
    ends_at timestamptz,
    word_id bigint REFERENCES attendance_word (id),
    pack_hash text NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (stay_id, version)
);

-- Which guardian wants to be told of which child, how, and on which consent.
CREATE TABLE attendance_notice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    child_id bigint NOT NULL,
    guardian_id bigint NOT NULL,
    channel text NOT NULL CHECK (channel IN ('inbox', 'sms')),
    ground_id bigint NOT NULL,
    begun_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK (begun_at <= ended_at)
);
CREATE UNIQUE INDEX attendance_notice_once ON attendance_notice (child_id, guardian_id) WHERE ended_at IS NULL;
CREATE INDEX attendance_notice_guardian ON attendance_notice (guardian_id) WHERE ended_at IS NULL;
CREATE INDEX attendance_notice_ground ON attendance_notice (ground_id) WHERE ended_at IS NULL;

-- Which messages to guardians stand on which taps, and by when they had to be with whoever carries them.
CREATE TABLE attendance_told (
    event_key text PRIMARY KEY,
    channel text NOT NULL CHECK (channel IN ('inbox', 'sms')),
    service text NOT NULL,
    agency text NOT NULL,
    received_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    CHECK (received_at < due_at)
);
CREATE INDEX attendance_told_received ON attendance_told (received_at);
COMMENT ON COLUMN attendance_told.event_key IS 'The message''s; when it was handed over stands with the messages.';

REVOKE UPDATE, DELETE, TRUNCATE ON attendance_mark, attendance_word, attendance_version, attendance_told FROM citycard_app;
REVOKE DELETE, TRUNCATE ON attendance_stay, attendance_notice FROM citycard_app;
REVOKE UPDATE ON attendance_notice FROM citycard_app;
GRANT UPDATE (ended_at) ON attendance_notice TO citycard_app;
