-- Who got an unnamed card: a keyed one-way mark and nothing else, no day, no place, no card. Whoever reads the table
-- learns that so many people did.
CREATE TABLE issuing_unnamed_pickup (
    card_kind text NOT NULL,
    mark bytea NOT NULL,
    PRIMARY KEY (card_kind, mark)
);
COMMENT ON TABLE issuing_unnamed_pickup IS 'Keyed marks of those who picked an unnamed card up; a mark never leads back to a person or a card.';
REVOKE UPDATE, DELETE, TRUNCATE ON issuing_unnamed_pickup FROM citycard_app;
