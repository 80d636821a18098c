-- Requests of other systems that come under a key: the same key stands for the same content, and is answered the
-- same. An answer is kept only where nothing in it is about a person; elsewhere what the request did is idempotent
-- by itself, and its answer is made anew.
CREATE TABLE infra_request_key (
    client text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    content_hash bytea NOT NULL,
    begun_at timestamptz NOT NULL,
    ended_at timestamptz,
    status smallint,
    answer text,
    PRIMARY KEY (client, route, key),
    CHECK ((ended_at IS NULL) = (status IS NULL))
);
CREATE INDEX infra_request_key_begun ON infra_request_key (begun_at);
COMMENT ON TABLE infra_request_key IS 'Keys under which other systems sent requests, for 30 days.';
