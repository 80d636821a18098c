-- Who may act and be told for a child. In two times: an end closes and adds, nothing is overwritten.
CREATE TABLE people_guardian (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    child_id bigint NOT NULL REFERENCES people_member (id),
    guardian_id bigint NOT NULL REFERENCES people_member (id),
    valid daterange NOT NULL CHECK (NOT isempty(valid)),
    recorded tstzrange NOT NULL,
    basis text NOT NULL CHECK (basis IN ('household', 'court', 'foreign_paper')),
    reason text NOT NULL DEFAULT '',
    recorded_by text NOT NULL,
    CHECK (child_id <> guardian_id)
);
COMMENT ON TABLE people_guardian IS 'Guardians of children, from when to when, as seen on which paper; majority ends it without a row.';
CREATE UNIQUE INDEX people_guardian_once ON people_guardian (child_id, guardian_id) WHERE upper_inf(recorded) AND upper_inf(valid);
CREATE INDEX people_guardian_of ON people_guardian (guardian_id) WHERE upper_inf(recorded);
REVOKE UPDATE, DELETE, TRUNCATE ON people_guardian FROM citycard_app;
GRANT UPDATE (recorded) ON people_guardian TO citycard_app;
