-- A change that touches many people's rights at once: what it would do, who let it pass, what it did.
CREATE TABLE agencies_mass_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('feed', 'rules', 'ends')),
    about text NOT NULL,
    state text NOT NULL CHECK (state IN ('drafted', 'waiting', 'carried_out', 'rejected', 'undone')),
    figures jsonb NOT NULL DEFAULT '[]',
    samples jsonb NOT NULL DEFAULT '{}',
    content_hash text NOT NULL DEFAULT '',
    ended integer NOT NULL DEFAULT 0,
    days integer NOT NULL DEFAULT 1 CHECK (days > 0),
    ref bigint,
    proposal_id bigint REFERENCES agencies_proposal,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    released_at timestamptz,
    released_by text,
    undone_at timestamptz,
    undone_by text,
    CHECK ((state IN ('carried_out', 'undone')) = (released_at IS NOT NULL)),
    CHECK ((state = 'undone') = (undone_at IS NOT NULL))
);
COMMENT ON TABLE agencies_mass_change IS 'Each run of the brake: counts by right and reason; what waits, what was released, what was undone. ends: what ended in a day for other reasons.';
COMMENT ON COLUMN agencies_mass_change.samples IS 'Some members a right, by id; shown through the access gate only.';
COMMENT ON COLUMN agencies_mass_change.content_hash IS 'Of who would gain or lose what: what is released is what was looked at.';
COMMENT ON COLUMN agencies_mass_change.days IS 'How many days of change it holds, for comparing with the mean.';
COMMENT ON COLUMN agencies_mass_change.ref IS 'For rules: the re-check run''s number.';
CREATE INDEX agencies_mass_change_state ON agencies_mass_change (state, id);
CREATE INDEX agencies_mass_change_released ON agencies_mass_change (released_at) WHERE state = 'carried_out';
CREATE INDEX agencies_mass_change_about ON agencies_mass_change (kind, about, id);
REVOKE DELETE, TRUNCATE ON agencies_mass_change FROM citycard_app;

CREATE TABLE agencies_mass_change_ended (
    change_id bigint NOT NULL REFERENCES agencies_mass_change,
    member_id bigint NOT NULL,
    entitlement text NOT NULL,
    ended_on date NOT NULL,
    PRIMARY KEY (change_id, member_id, entitlement)
);
COMMENT ON TABLE agencies_mass_change_ended IS 'Who lost which right by a mass change, and from which day on: for cancel lists and restitution.';
REVOKE UPDATE, DELETE, TRUNCATE ON agencies_mass_change_ended FROM citycard_app;
