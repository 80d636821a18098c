-- What devices answered by themselves while they were cut off: facts, beside the city's own verdict.
CREATE TABLE taps_device_answer (
    reader_id bigint NOT NULL,
    epoch integer NOT NULL,
    seq bigint NOT NULL,
    kept_id bigint NOT NULL,
    month date NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    card_id bigint,
    member_id bigint,
    service text NOT NULL,
    agency text NOT NULL,
    place text NOT NULL,
    issuer text NOT NULL,
    spends_on text,
    city_code smallint NOT NULL,
    code text NOT NULL,
    points integer NOT NULL CHECK (points >= 0),
    snapshot integer NOT NULL,
    profile text NOT NULL,
    price_ntd integer,
    quantity integer,
    borne integer NOT NULL DEFAULT 0 CHECK (borne BETWEEN 0 AND points),
    PRIMARY KEY (reader_id, epoch, seq)
);
COMMENT ON TABLE taps_device_answer IS 'What a device answered and took by itself; never changed but for borne.';
COMMENT ON COLUMN taps_device_answer.kept_id IS 'The batch that stored its tap.';
COMMENT ON COLUMN taps_device_answer.city_code IS 'What the city would have answered, by the tap''s own time.';
COMMENT ON COLUMN taps_device_answer.borne IS 'Of the points that it took, those that the person''s month bears; the rest is a loss.';
CREATE INDEX taps_device_answer_kept ON taps_device_answer (kept_id);
CREATE INDEX taps_device_answer_member ON taps_device_answer (member_id, month) WHERE points > 0;
CREATE INDEX taps_device_answer_card ON taps_device_answer (card_id, at) WHERE card_id IS NOT NULL;
REVOKE UPDATE, DELETE, TRUNCATE ON taps_device_answer FROM citycard_app;
GRANT UPDATE (borne) ON taps_device_answer TO citycard_app;

CREATE TABLE taps_loss (
    reader_id bigint NOT NULL,
    epoch integer NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    card_id bigint,
    service text NOT NULL,
    agency text NOT NULL,
    why text NOT NULL,
    snapshot integer NOT NULL,
    report text NOT NULL CHECK (report IN ('none', 'before', 'after')),
    reader_knew boolean,
    bears text NOT NULL CHECK (bears IN ('holder', 'city', 'company', 'operator')),
    unit text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    posted bigint NOT NULL DEFAULT 0,
    revision integer NOT NULL DEFAULT 0,
    PRIMARY KEY (reader_id, epoch, seq)
);
COMMENT ON TABLE taps_loss IS 'What a device accepted by itself and the city would not have: by which reader, with which card, when, and who bears it.';
COMMENT ON COLUMN taps_loss.report IS 'Whether it was before or after the card was reported lost; none: it never was.';
COMMENT ON COLUMN taps_loss.reader_knew IS 'Whether the reader''s snapshot named the card as lost.';
COMMENT ON COLUMN taps_loss.posted IS 'What of the amount stands on the loss account.';
CREATE INDEX taps_loss_card ON taps_loss (card_id, at);
CREATE INDEX taps_loss_at ON taps_loss (at);
REVOKE DELETE, TRUNCATE ON taps_loss FROM citycard_app;

-- A lost card's refused taps, for its own page.
CREATE INDEX taps_tap_blocked ON taps_tap (card_id, at) WHERE code = 13;

CREATE VIEW pub.offline_losses AS
    SELECT reader_id, epoch, seq, at, card_id, service, agency, why, snapshot, report, reader_knew, bears, unit, amount
    FROM taps_loss;
