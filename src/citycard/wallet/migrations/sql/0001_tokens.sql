CREATE TABLE wallet_token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    card_id bigint NOT NULL,
    member_id bigint NOT NULL,
    pseudonym bytea NOT NULL UNIQUE CHECK (octet_length(pseudonym) = 8),
    line_token text NOT NULL UNIQUE CHECK (line_token ~ '^[0-9]{12}$'),
    held tstzrange NOT NULL
);
COMMENT ON TABLE wallet_token IS 'Under which pseudonym a card is shown on its holder''s screen. Drawn by lot; ended, never changed.';
COMMENT ON COLUMN wallet_token.pseudonym IS 'What the two-dimensional code says.';
COMMENT ON COLUMN wallet_token.line_token IS 'What the bar code begins with.';
CREATE UNIQUE INDEX wallet_token_open ON wallet_token (card_id) WHERE upper_inf(held);
REVOKE DELETE, TRUNCATE, UPDATE ON wallet_token FROM citycard_app;
GRANT UPDATE (held) ON wallet_token TO citycard_app;

CREATE TABLE wallet_use (
    code_key bytea PRIMARY KEY,
    use text NOT NULL,
    used_at timestamptz NOT NULL
);
COMMENT ON TABLE wallet_use IS 'Codes that were used, each by one use: the same use may be told again, another is a replay.';
COMMENT ON COLUMN wallet_use.code_key IS 'Hash of what makes the code one of its kind.';
CREATE INDEX wallet_use_used ON wallet_use (used_at);
REVOKE UPDATE, TRUNCATE ON wallet_use FROM citycard_app;

-- Offline readers' lists name cards by what their codes say.
CREATE VIEW pub.wallet_tokens AS
    SELECT card_id, member_id, pseudonym, line_token FROM wallet_token WHERE upper_inf(held);
