-- What readers carry when they are cut off: signed documents, one after the other for each service.
CREATE TABLE cards_snapshot (
    service text NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('base', 'delta')),
    at timestamptz NOT NULL,
    head bytea NOT NULL,
    salt bytea,
    mark_bytes smallint,
    shape text NOT NULL DEFAULT '',
    document bytea NOT NULL,
    PRIMARY KEY (service, version)
);
COMMENT ON TABLE cards_snapshot IS 'Signed documents for readers: a base with all marks under a salt of its own, deltas after it; each names the hash of the one before.';
COMMENT ON COLUMN cards_snapshot.head IS 'SHA-256 of the document.';
COMMENT ON COLUMN cards_snapshot.salt IS 'Of a base: the key under which card numbers become marks.';
COMMENT ON COLUMN cards_snapshot.shape IS 'Of a base: what it was built by (kinds of number, rules); a change asks for a new base.';
REVOKE UPDATE, TRUNCATE ON cards_snapshot FROM citycard_app;

CREATE TABLE cards_snapshot_fresh (
    service text PRIMARY KEY,
    at timestamptz NOT NULL,
    document bytea NOT NULL
);
COMMENT ON TABLE cards_snapshot_fresh IS 'The city''s signed word that a version is still the newest; renewed every minute.';

-- When a card's end was published, and how many readers know of it.
CREATE TABLE cards_hotlisting (
    card_id bigint NOT NULL,
    service text NOT NULL,
    version integer NOT NULL,
    reported_at timestamptz NOT NULL,
    published_at timestamptz NOT NULL,
    known integer NOT NULL DEFAULT 0,
    last_known_at timestamptz,
    PRIMARY KEY (card_id, service)
);
CREATE INDEX cards_hotlisting_version ON cards_hotlisting (service, version);
COMMENT ON TABLE cards_hotlisting IS 'In which version of a service''s snapshot a lost card stands, and how many readers said that they hold it.';
COMMENT ON COLUMN cards_hotlisting.last_known_at IS 'When the last reader that knows of it first said so.';
REVOKE UPDATE, DELETE, TRUNCATE ON cards_hotlisting FROM citycard_app;
GRANT UPDATE (known, last_known_at) ON cards_hotlisting TO citycard_app;

CREATE TABLE cards_reader_snapshot (
    reader_id bigint PRIMARY KEY,
    service text NOT NULL,
    version integer NOT NULL,
    since timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE cards_reader_snapshot IS 'Which version each reader said that it holds, since when, and when it last asked.';
REVOKE DELETE, TRUNCATE ON cards_reader_snapshot FROM citycard_app;

CREATE VIEW pub.hotlistings AS
    SELECT card_id, service, version, reported_at, published_at, known, last_known_at FROM cards_hotlisting;
