-- A community's own word for whose door it is: flat 3 of house A. Personal like an address, so it is sealed.
CREATE TABLE cards_roster_unit (
    relation text NOT NULL,
    member_id bigint NOT NULL,
    unit_sealed bytea NOT NULL,
    noted_at timestamptz NOT NULL,
    noted_by text NOT NULL,
    PRIMARY KEY (relation, member_id)
);
COMMENT ON TABLE cards_roster_unit IS 'Under which unit an outside organisation has somebody on its roster; its own word.';
COMMENT ON COLUMN cards_roster_unit.unit_sealed IS 'The unit, sealed.';
