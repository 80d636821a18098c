-- Systems of agencies that speak to the city by themselves.
CREATE TABLE agencies_client (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    agency text NOT NULL REFERENCES agencies_agency (code),
    key_hash bytea NOT NULL,
    old_key_hash bytea,
    old_key_until timestamptz,
    sandbox boolean NOT NULL DEFAULT false,
    public_key text NOT NULL DEFAULT '',
    per_minute integer NOT NULL DEFAULT 600 CHECK (per_minute > 0),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'revoked')),
    connected_at timestamptz NOT NULL,
    connected_by text NOT NULL,
    revoked_at timestamptz,
    CHECK ((state = 'revoked') = (revoked_at IS NOT NULL)),
    CHECK ((old_key_hash IS NULL) = (old_key_until IS NULL))
);
COMMENT ON TABLE agencies_client IS 'An agency''s own system; its key is kept as a hash.';
COMMENT ON COLUMN agencies_client.old_key_hash IS 'The key before, which holds until old_key_until.';
COMMENT ON COLUMN agencies_client.sandbox IS 'Set up to try things out: nothing that it sends is kept.';
COMMENT ON COLUMN agencies_client.public_key IS 'What it signs its questions with (PEM); empty where it doesn''t.';
COMMENT ON COLUMN agencies_client.per_minute IS 'How many requests a minute it may make.';
REVOKE DELETE, TRUNCATE ON agencies_client FROM citycard_app;
REVOKE UPDATE ON agencies_client FROM citycard_app;
GRANT UPDATE (key_hash, old_key_hash, old_key_until, public_key, state, revoked_at) ON agencies_client TO citycard_app;

CREATE TABLE agencies_client_minute (
    client_id bigint PRIMARY KEY REFERENCES agencies_client,
    minute timestamptz NOT NULL,
    requests integer NOT NULL
);
COMMENT ON TABLE agencies_client_minute IS 'How many requests a system made in the minute that it last spoke in.';

CREATE TABLE agencies_client_day (
    client_id bigint NOT NULL REFERENCES agencies_client,
    on_day date NOT NULL,
    route text NOT NULL,
    requests integer NOT NULL,
    refusals integer NOT NULL,
    PRIMARY KEY (client_id, on_day, route)
);
COMMENT ON TABLE agencies_client_day IS 'What a system asked for, by local day, and how much of it was refused.';

CREATE TABLE agencies_webhook (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id bigint NOT NULL REFERENCES agencies_client,
    url text NOT NULL,
    kinds text[] NOT NULL CHECK (cardinality(kinds) > 0),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'ended')),
    seal_row uuid NOT NULL UNIQUE,
    secret_sealed bytea NOT NULL,
    old_secret_sealed bytea,
    old_secret_until timestamptz,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL
);
CREATE INDEX agencies_webhook_client ON agencies_webhook (client_id);
COMMENT ON TABLE agencies_webhook IS 'Where a system wants to be told of what happens, and of what.';
REVOKE DELETE, TRUNCATE, UPDATE ON agencies_webhook FROM citycard_app;
GRANT UPDATE (state, secret_sealed, old_secret_sealed, old_secret_until) ON agencies_webhook TO citycard_app;

CREATE TABLE agencies_webhook_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id bigint NOT NULL REFERENCES agencies_webhook,
    message uuid NOT NULL UNIQUE,
    kind text NOT NULL,
    happened_at timestamptz NOT NULL,
    about_sealed bytea NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed', 'dropped')),
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL,
    last_answer text NOT NULL DEFAULT '',
    enqueued_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX agencies_webhook_message_waiting ON agencies_webhook_message (webhook_id, id) WHERE state = 'waiting';
CREATE INDEX agencies_webhook_message_webhook ON agencies_webhook_message (webhook_id, id DESC);
CREATE INDEX agencies_webhook_message_ended ON agencies_webhook_message (ended_at) WHERE ended_at IS NOT NULL;
COMMENT ON TABLE agencies_webhook_message IS 'What a system is told. Whom it is about is sealed: two agencies'' messages share no value.';
COMMENT ON COLUMN agencies_webhook_message.last_answer IS 'What came of the last try: a status, or a word for what went wrong.';
