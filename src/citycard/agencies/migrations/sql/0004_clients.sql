-- Systems of agencies that speak to the city by themselves.
CREATE TABLE agencies_client (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    agency text NOT NULL REFERENCES agencies_agency (code),
    key_hash bytea NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'revoked')),
    connected_at timestamptz NOT NULL,
    connected_by text NOT NULL,
    revoked_at timestamptz,
    CHECK ((state = 'revoked') = (revoked_at IS NOT NULL))
);
COMMENT ON TABLE agencies_client IS 'An agency''s own system; its key is kept as a hash.';
REVOKE DELETE, TRUNCATE ON agencies_client FROM citycard_app;
REVOKE UPDATE ON agencies_client FROM citycard_app;
GRANT UPDATE (key_hash, state, revoked_at) ON agencies_client TO citycard_app;
