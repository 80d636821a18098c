-- What rules read of members, as we know it now: for deciding many people at once, never for a page.
CREATE VIEW pub.known_facts AS
    SELECT id AS fact_id, member_id, name, value, valid FROM people_fact WHERE upper_inf(recorded);
CREATE VIEW pub.known_members AS
    SELECT m.id AS member_id, m.birth_on, m.sex, m.died_on,
           (SELECT n.id_kind FROM people_member_number n  -- looked up only where somebody asks for it
            WHERE n.member_id = m.id AND n.replaced_at IS NULL) AS id_kind
    FROM people_member m;

-- A number that grows whenever what rules may read of a member changes, whoever wrote it: who was decided at a
-- version needn't be decided again while it stands. A member without a row is at 0.
CREATE TABLE people_version (member_id bigint PRIMARY KEY, version bigint NOT NULL) WITH (fillfactor = 80);
COMMENT ON TABLE people_version IS 'How often what rules read of a member has changed.';
CREATE FUNCTION people_facts_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO people_version AS v (member_id, version)
    SELECT DISTINCT f.member_id, 1 FROM fact f ORDER BY f.member_id
    ON CONFLICT (member_id) DO UPDATE SET version = v.version + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER people_fact_added AFTER INSERT ON people_fact
    REFERENCING NEW TABLE AS fact FOR EACH STATEMENT EXECUTE FUNCTION people_facts_changed();
CREATE TRIGGER people_fact_closed AFTER UPDATE ON people_fact
    REFERENCING NEW TABLE AS fact FOR EACH STATEMENT EXECUTE FUNCTION people_facts_changed();
CREATE FUNCTION people_own_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO people_version AS v (member_id, version)
    VALUES (CASE TG_TABLE_NAME WHEN 'people_member' THEN (to_jsonb(NEW) ->> 'id')::bigint
                               ELSE (to_jsonb(NEW) ->> 'member_id')::bigint END, 1)
    ON CONFLICT (member_id) DO UPDATE SET version = v.version + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER people_member_changed AFTER UPDATE OF birth_on, sex, died_on ON people_member FOR EACH ROW
    WHEN ((OLD.birth_on, OLD.sex, OLD.died_on) IS DISTINCT FROM (NEW.birth_on, NEW.sex, NEW.died_on))
    EXECUTE FUNCTION people_own_changed();
CREATE TRIGGER people_number_changed AFTER UPDATE OF replaced_at ON people_member_number FOR EACH ROW
    EXECUTE FUNCTION people_own_changed();
CREATE VIEW pub.known_versions AS SELECT member_id, version FROM people_version;
GRANT SELECT ON pub.known_facts, pub.known_members, pub.known_versions TO citycard_app;
