-- What kiosks wrote into their own journals, and what card companies say was loaded: a line a loading. A line
-- lies in the month of its own day, so that the same line sent again meets itself.
CREATE TABLE redemptions_kiosk_line (
    day date NOT NULL,
    device_id bigint NOT NULL,
    key uuid NOT NULL,
    seq bigint NOT NULL,
    terminal text NOT NULL,
    card_id bigint NOT NULL,
    counter bigint NOT NULL,
    ntd bigint NOT NULL,
    purse_before bigint NOT NULL,
    purse_after bigint,
    wrote boolean,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (day, device_id, key)
) PARTITION BY RANGE (day);
CREATE INDEX redemptions_kiosk_line_card ON redemptions_kiosk_line (card_id, counter);
CREATE INDEX redemptions_kiosk_line_seq ON redemptions_kiosk_line (device_id, seq);
COMMENT ON COLUMN redemptions_kiosk_line.seq IS 'The line''s number in the kiosk''s journal: 1, 2, 3 …; a gap is a line that was lost.';
COMMENT ON COLUMN redemptions_kiosk_line.card_id IS 'Negative: a card that the city does not know, by keyed hash.';
COMMENT ON COLUMN redemptions_kiosk_line.counter IS 'The card''s counter after the loading.';
COMMENT ON COLUMN redemptions_kiosk_line.wrote IS 'Null: the kiosk itself does not know.';
INSERT INTO infra_partitioned VALUES ('redemptions_kiosk_line', 'date');

CREATE TABLE redemptions_company_file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partner text NOT NULL,
    name text NOT NULL,
    business_day date NOT NULL,
    digest bytea NOT NULL,
    records bigint NOT NULL,
    ntd bigint NOT NULL,
    received_at timestamptz NOT NULL,
    UNIQUE (partner, name, digest)
);
CREATE TABLE redemptions_company_line (
    day date NOT NULL,
    content uuid NOT NULL,
    file_id bigint NOT NULL,
    reference text NOT NULL,
    terminal text NOT NULL,
    card_id bigint NOT NULL,
    counter bigint NOT NULL,
    ntd bigint NOT NULL,
    purse_before bigint NOT NULL,
    purse_after bigint NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (day, content)
) PARTITION BY RANGE (day);
CREATE INDEX redemptions_company_line_card ON redemptions_company_line (card_id, counter);
COMMENT ON COLUMN redemptions_company_line.content IS 'Hash of all that the line says: sent twice, it is one line.';
INSERT INTO infra_partitioned VALUES ('redemptions_company_line', 'date');

-- Where the three do not agree: found once, kept for ever, settled by a person or by what arrives later.
CREATE TABLE redemptions_difference (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('missing_ledger', 'missing_file', 'missing_kiosk', 'amount_differs',
                                       'cloned', 'tampered')),
    item text NOT NULL,
    day date NOT NULL,
    found_on date NOT NULL,
    found_at timestamptz NOT NULL,
    card_id bigint,
    counter bigint,
    session_id bigint,
    terminal text NOT NULL,
    kiosk_ntd bigint,
    file_ntd bigint,
    ledger_ntd bigint,
    detail text NOT NULL DEFAULT '',
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'arrived', 'settled')),
    arrived_on date,
    settled_at timestamptz,
    settled_by text,
    ruling text CHECK (ruling IN ('explained', 'written', 'not_written')),
    reason text NOT NULL DEFAULT '',
    UNIQUE (kind, item),
    CHECK ((state = 'arrived') = (arrived_on IS NOT NULL)),
    CHECK ((state = 'settled') = (settled_at IS NOT NULL AND settled_by IS NOT NULL AND ruling IS NOT NULL))
);
CREATE INDEX redemptions_difference_open ON redemptions_difference (day) WHERE state = 'open';
CREATE INDEX redemptions_difference_found ON redemptions_difference (found_on);
CREATE INDEX redemptions_difference_card ON redemptions_difference (card_id, counter);
COMMENT ON COLUMN redemptions_difference.found_on IS 'The day of detection.';

CREATE TABLE redemptions_reconciled (
    day date PRIMARY KEY,
    kiosk_lines bigint NOT NULL,
    kiosk_ntd bigint NOT NULL,
    file_lines bigint NOT NULL,
    file_ntd bigint NOT NULL,
    ledger_lines bigint NOT NULL,
    ledger_ntd bigint NOT NULL,
    run_at timestamptz NOT NULL
);

REVOKE UPDATE, DELETE, TRUNCATE ON redemptions_kiosk_line, redemptions_company_line, redemptions_company_file,
    redemptions_difference, redemptions_reconciled FROM citycard_app;
GRANT UPDATE (wrote, purse_after, at, received_at) ON redemptions_kiosk_line TO citycard_app;
GRANT UPDATE (state, arrived_on, settled_at, settled_by, ruling, reason) ON redemptions_difference TO citycard_app;
GRANT UPDATE (kiosk_lines, kiosk_ntd, file_lines, file_ntd, ledger_lines, ledger_ntd, run_at)
    ON redemptions_reconciled TO citycard_app;

SELECT citycard_ensure_partition(parent, (date_trunc('month', now()) + n * interval '1 month')::date)
FROM unnest(ARRAY['redemptions_kiosk_line', 'redemptions_company_line']) AS parent, generate_series(-1, 2) AS n;
