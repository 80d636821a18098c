CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE agencies_device_post (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id bigint NOT NULL REFERENCES agencies_device,
    agency text NOT NULL,
    place text NOT NULL,
    service text NOT NULL,
    stood tstzrange NOT NULL CHECK (NOT isempty(stood)),
    recorded tstzrange NOT NULL CHECK (NOT isempty(recorded) AND NOT lower_inf(recorded)),
    actor text NOT NULL,
    -- A device stands at one place at any instant, by what is known now.
    CONSTRAINT agencies_device_post_one
        EXCLUDE USING gist (device_id WITH =, stood WITH &&) WHERE (upper_inf(recorded))
);
COMMENT ON TABLE agencies_device_post IS 'Where a device stood and what it served, from when to when. A tap that comes late is judged by the place of its own time.';
COMMENT ON COLUMN agencies_device_post.stood IS 'When it stood there; the first post has no beginning, since a device''s clock may be wrong.';
COMMENT ON COLUMN agencies_device_post.recorded IS 'When the city believed so; a correction closes a row and adds others.';
REVOKE UPDATE, DELETE, TRUNCATE ON agencies_device_post FROM citycard_app;
GRANT UPDATE (recorded) ON agencies_device_post TO citycard_app;

-- For the SQL of others: only where a device was moved is there more than what pub.devices says.
CREATE VIEW pub.device_posts AS
    SELECT device_id, agency, place, service, stood FROM agencies_device_post WHERE upper_inf(recorded);
GRANT SELECT ON pub.device_posts TO citycard_app;

CREATE TABLE agencies_device_epoch (
    device_id bigint NOT NULL REFERENCES agencies_device,
    epoch integer NOT NULL,
    began_at timestamptz NOT NULL,
    why text NOT NULL CHECK (why IN ('enrolled', 'new_key', 'set_up_anew')),
    actor text NOT NULL,
    PRIMARY KEY (device_id, epoch)
);
COMMENT ON TABLE agencies_device_epoch IS 'When each of a device''s epochs began and why: sequence numbers start again in each. Append-only.';
REVOKE UPDATE, DELETE, TRUNCATE ON agencies_device_epoch FROM citycard_app;

CREATE TABLE agencies_device_refusal (
    device_id bigint NOT NULL REFERENCES agencies_device,
    day date NOT NULL,
    problem text NOT NULL,
    times bigint NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (device_id, day, problem)
);
COMMENT ON TABLE agencies_device_refusal IS 'Uploads that the gate did not take, counted a day and problem: nothing of what was in them.';
