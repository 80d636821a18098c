-- One fact of a name begins on a day, as we hold it now. That none overlaps another is kept by the lock on
-- the member under which facts are recorded, and proved by `citycard verify`; an exclusion constraint says
-- the same, but its GiST index takes as long as all the rest of an import.
CREATE UNIQUE INDEX people_fact_one_truth
    ON people_fact (member_id, name, lower(valid), upper(recorded)) NULLS NOT DISTINCT;
ALTER TABLE people_fact ADD CONSTRAINT people_fact_periods
    CHECK (NOT isempty(valid) AND NOT isempty(recorded));

-- Searching by pairs of characters, and by what is sealed.
CREATE INDEX people_member_name_bigrams ON people_member USING gin (name_bigrams);
CREATE INDEX people_member_phone ON people_member (phone_blind) WHERE phone_blind IS NOT NULL;
CREATE INDEX people_member_email ON people_member (email_blind) WHERE email_blind IS NOT NULL;

-- Access records: found by the people they name, or by the population they cover.
ALTER TABLE people_access_record ADD COLUMN covered int8multirange;
COMMENT ON COLUMN people_access_record.covered IS 'members of a population; empty: everybody who was a member by then';
CREATE INDEX people_access_record_subjects ON people_access_record USING gin (subjects);
CREATE INDEX people_access_record_population ON people_access_record (opened_at) WHERE population <> '';

-- What is written stays: the application may add, and close what may be closed.
REVOKE UPDATE, DELETE, TRUNCATE ON people_access_record, people_access_seal, people_member_was FROM citycard_app;
REVOKE UPDATE, DELETE, TRUNCATE ON people_fact FROM citycard_app;
GRANT UPDATE (recorded) ON people_fact TO citycard_app;
REVOKE UPDATE, DELETE, TRUNCATE ON people_member_number FROM citycard_app;
GRANT UPDATE (replaced_at, replaced_why, replaced_by) ON people_member_number TO citycard_app;
REVOKE UPDATE, DELETE, TRUNCATE ON people_ground FROM citycard_app;
GRANT UPDATE (withdrawn_at) ON people_ground TO citycard_app;
REVOKE UPDATE, DELETE, TRUNCATE ON people_register_query FROM citycard_app;
GRANT UPDATE (answer, answered_at, detail_sealed) ON people_register_query TO citycard_app;
REVOKE DELETE, TRUNCATE ON people_member, people_access_counter FROM citycard_app;

-- For the SQL of figures: no name, no number.
CREATE VIEW pub.members AS
    SELECT id AS member_id, district, birth_on, sex, died_on FROM people_member;
GRANT SELECT ON pub.members TO citycard_app;
