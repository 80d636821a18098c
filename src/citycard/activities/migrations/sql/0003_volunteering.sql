-- What readers saw of volunteers: copied from the taps, each once. Append-only.
CREATE TABLE activities_volunteer_mark (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key uuid NOT NULL UNIQUE,
    member_id bigint NOT NULL,
    organiser text NOT NULL,
    at timestamptz NOT NULL,
    direction text NOT NULL CHECK (direction IN ('in', 'out', 'either')),
    place text NOT NULL,
    reader_id bigint NOT NULL,
    epoch integer NOT NULL,
    seq bigint NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX activities_volunteer_mark_member
    ON activities_volunteer_mark (member_id, organiser, at, reader_id, epoch, seq);
COMMENT ON TABLE activities_volunteer_mark IS 'Taps at volunteers'' readers. Hours follow from them, whatever the order in which they arrived.';
COMMENT ON COLUMN activities_volunteer_mark.organiser IS 'The agency for which the volunteer works: the reader''s, or the first above it that pays.';

-- What an organiser said about a shift: a correction, a shift without taps, a shift struck out. The newest
-- about a shift counts; none is ever changed.
CREATE TABLE activities_volunteer_word (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key uuid NOT NULL UNIQUE,
    shift_key uuid NOT NULL,
    member_id bigint NOT NULL,
    organiser text NOT NULL,
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
CREATE INDEX activities_volunteer_word_member ON activities_volunteer_word (member_id, organiser);
COMMENT ON COLUMN activities_volunteer_word.covers_from IS 'Taps from here to covers_to belong to this shift and begin or end no other.';

-- One volunteer at one organiser: what they have got, and what could not be taken back. The row is the lock.
CREATE TABLE activities_volunteer (
    member_id bigint NOT NULL,
    organiser text NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    fund_id bigint NOT NULL REFERENCES ledger_fund (id),
    minutes bigint NOT NULL DEFAULT 0 CHECK (minutes >= 0),
    owed bigint NOT NULL DEFAULT 0 CHECK (owed >= 0),
    PRIMARY KEY (member_id, organiser)
) WITH (fillfactor = 80);
CREATE INDEX activities_volunteer_organiser ON activities_volunteer (organiser);
COMMENT ON COLUMN activities_volunteer.number IS 'Names the loss account of what is owed: the books and their papers show no member.';
COMMENT ON COLUMN activities_volunteer.owed IS 'Minutes that a correction took away after they had been spent; later hours make them good first.';

-- Shifts as they stand, and every version that they had.
CREATE TABLE activities_volunteer_shift (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key uuid NOT NULL UNIQUE,
    member_id bigint NOT NULL,
    organiser text NOT NULL,
    place text NOT NULL,
    day date NOT NULL,
    starts_at timestamptz,
    ends_at timestamptz,
    minutes bigint NOT NULL CHECK (minutes >= 0),
    state text NOT NULL CHECK (state IN ('counted', 'too_short', 'no_out', 'no_in', 'struck', 'gone')),
    version integer NOT NULL,
    word_id bigint REFERENCES activities_volunteer_word (id),
    FOREIGN KEY (member_id, organiser) REFERENCES activities_volunteer
) WITH (fillfactor = 80);
CREATE INDEX activities_volunteer_shift_member ON activities_volunteer_shift (member_id, day DESC, id DESC);
CREATE INDEX activities_volunteer_shift_organiser ON activities_volunteer_shift (organiser, day DESC, id DESC);
COMMENT ON COLUMN activities_volunteer_shift.key IS 'The tap that began it (or, without one, that ended it), or the organiser''s word.';
COMMENT ON COLUMN activities_volunteer_shift.day IS 'The local day on which it began; an overnight shift belongs to it.';
COMMENT ON COLUMN activities_volunteer_shift.state IS 'gone: a tap that came later showed that no shift began here.';

CREATE TABLE activities_volunteer_version (
    shift_id bigint NOT NULL REFERENCES activities_volunteer_shift (id),
    version integer NOT NULL,
    state text NOT NULL,
    starts_at timestamptz,
    ends_at timestamptz,
    minutes bigint NOT NULL,
    difference bigint NOT NULL,
    word_id bigint REFERENCES activities_volunteer_word (id),
    at timestamptz NOT NULL,
    move_key uuid,
    pack_hash text NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text NOT NULL,
    PRIMARY KEY (shift_id, version)
);
COMMENT ON COLUMN activities_volunteer_version.difference IS 'Minutes posted to the ledger with this version.';

-- One member gave minutes to another.
CREATE TABLE activities_volunteer_gift (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key uuid NOT NULL UNIQUE,
    giver_id bigint NOT NULL,
    receiver_id bigint NOT NULL,
    minutes bigint NOT NULL CHECK (minutes > 0),
    at timestamptz NOT NULL,
    CHECK (giver_id <> receiver_id)
);

REVOKE UPDATE, DELETE, TRUNCATE ON activities_volunteer_mark, activities_volunteer_word,
    activities_volunteer_version, activities_volunteer_gift FROM citycard_app;
REVOKE DELETE, TRUNCATE ON activities_volunteer, activities_volunteer_shift FROM citycard_app;
