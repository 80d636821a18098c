-- What rules read of members, as we know it now: for deciding many people at once, never for a page.
CREATE VIEW pub.known_facts AS
    SELECT id AS fact_id, member_id, name, value, valid FROM people_fact WHERE upper_inf(recorded);
CREATE VIEW pub.known_members AS
    SELECT m.id AS member_id, m.birth_on, m.sex, m.died_on, n.id_kind
    FROM people_member m LEFT JOIN people_member_number n ON n.member_id = m.id AND n.replaced_at IS NULL;
GRANT SELECT ON pub.known_facts, pub.known_members TO citycard_app;
