CREATE TABLE offers_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device text NOT NULL,
    epoch integer NOT NULL,
    seq bigint NOT NULL,
    offer text NOT NULL,
    venue text NOT NULL,
    card_id bigint,
    at timestamptz NOT NULL,
    day date NOT NULL,
    price_class text NOT NULL,
    charged_ntd integer NOT NULL CHECK (charged_ntd >= 0),
    content bytea NOT NULL,
    received_at timestamptz NOT NULL,
    UNIQUE (device, epoch, seq)
);
COMMENT ON TABLE offers_entry IS 'An entry as the venue''s reader let it in and charged it: a fact that never changes.';
COMMENT ON COLUMN offers_entry.card_id IS 'The card, whoever''s it is; empty when the city knows no such number.';
COMMENT ON COLUMN offers_entry.day IS 'The local day of the entry.';
COMMENT ON COLUMN offers_entry.content IS 'Digest that tells an entry sent again from another one under the same number.';
CREATE INDEX offers_entry_card ON offers_entry (offer, card_id, day);
CREATE INDEX offers_entry_at ON offers_entry (offer, at);
REVOKE UPDATE, DELETE, TRUNCATE ON offers_entry FROM citycard_app;

CREATE TABLE offers_entry_conflict (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device text NOT NULL,
    epoch integer NOT NULL,
    seq bigint NOT NULL,
    said jsonb NOT NULL,
    content bytea NOT NULL,
    received_at timestamptz NOT NULL,
    UNIQUE (device, epoch, seq, content)
);
COMMENT ON TABLE offers_entry_conflict IS 'Another entry under a number that was used: kept, never counted, never dropped.';
REVOKE UPDATE, DELETE, TRUNCATE ON offers_entry_conflict FROM citycard_app;

CREATE TABLE offers_first_day (
    offer text NOT NULL,
    card_id bigint NOT NULL,
    day date NOT NULL,
    changed_at timestamptz NOT NULL,
    change bigint NOT NULL,
    PRIMARY KEY (offer, card_id)
);
COMMENT ON TABLE offers_first_day IS 'The first day on which a card used an offer at any venue, as far as the entries that have arrived tell.';
COMMENT ON COLUMN offers_first_day.change IS 'The number of the upload that said so, in the order in which uploads were kept.';
CREATE INDEX offers_first_day_changed ON offers_first_day (offer, change);
REVOKE DELETE, TRUNCATE ON offers_first_day FROM citycard_app;

CREATE TABLE offers_change (
    offer text PRIMARY KEY,
    number bigint NOT NULL
);
COMMENT ON TABLE offers_change IS 'The last upload that moved first days of an offer. Whoever takes the next number holds it until it is kept, so that no lower one comes later.';
REVOKE DELETE, TRUNCATE ON offers_change FROM citycard_app;
