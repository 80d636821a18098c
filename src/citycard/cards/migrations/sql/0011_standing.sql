-- A number's row says how its card stands and whose it is, from an instant on: a tap after it needs this row alone.
ALTER TABLE cards_card_number
    ADD COLUMN since timestamptz,
    ADD COLUMN binding_id bigint,
    ADD COLUMN member_id bigint,
    ADD COLUMN expires_on date,
    ADD COLUMN works boolean,
    ADD COLUMN kind text,
    -- A card is bound soon after it was made known: both versions of its rows lie on one page.
    SET (fillfactor = 50);
COMMENT ON COLUMN cards_card_number.since IS 'From when on the row says how the card stands; an earlier instant asks the history and the bindings.';
COMMENT ON COLUMN cards_card_number.binding_id IS 'The binding that is open now.';
COMMENT ON COLUMN cards_card_number.member_id IS 'Whose the card is by that binding.';
COMMENT ON COLUMN cards_card_number.expires_on IS 'The card''s.';
COMMENT ON COLUMN cards_card_number.works IS 'Whether the card is active.';
COMMENT ON COLUMN cards_card_number.kind IS 'The card''s.';

-- What the rows of a card's numbers have to say, from the card and its bindings.
-- "= ANY" of one value: the exclusion constraint's GiST index can't serve it, and the B-tree is much faster.
CREATE VIEW cards_standing AS
    SELECT c.id AS card_id, greatest(c.state_at, b.since) AS since, b.binding_id, b.member_id, c.expires_on,
           c.state = 'active' AS works, c.kind
    FROM cards_card c CROSS JOIN LATERAL (
        SELECT max(b.id) FILTER (WHERE upper_inf(b.bound)) AS binding_id,
               max(b.member_id) FILTER (WHERE upper_inf(b.bound)) AS member_id,
               max(CASE WHEN upper_inf(b.bound) THEN lower(b.bound) ELSE upper(b.bound) END) AS since
        FROM cards_binding b WHERE b.card_id = ANY (ARRAY[c.id]) AND upper_inf(b.recorded)) b;

-- Whoever writes a card, a binding or a number writes this with it. The application cannot: it may not update numbers.
-- A card's rows are written under the lock on the card, which whoever changes a card or a binding takes first. Plans are
-- kept from when the tables were empty, so they are held to the B-trees.
CREATE FUNCTION cards_tell_standing(cards bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    PERFORM FROM cards_card c WHERE c.id = ANY (cards) ORDER BY c.id FOR NO KEY UPDATE;
    -- A second statement, so that it sees what whoever held the locks has just committed.
    UPDATE cards_card_number n
    SET since = s.since, binding_id = s.binding_id, member_id = s.member_id, expires_on = s.expires_on,
        works = s.works, kind = s.kind
    FROM cards_standing s
    WHERE s.card_id = ANY (cards) AND n.card_id = s.card_id
      AND (n.since, n.binding_id, n.member_id, n.expires_on, n.works, n.kind)
          IS DISTINCT FROM (s.since, s.binding_id, s.member_id, s.expires_on, s.works, s.kind);
END $$;
REVOKE ALL ON FUNCTION cards_tell_standing FROM public;
GRANT EXECUTE ON FUNCTION cards_tell_standing TO citycard_app;

CREATE FUNCTION cards_card_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cards_tell_standing(array_agg(id)) FROM touched HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION cards_card_stands_for() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM cards_tell_standing(array_agg(DISTINCT card_id)) FROM touched HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE TRIGGER cards_card_added_stands AFTER INSERT ON cards_card REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION cards_card_stands();
CREATE TRIGGER cards_card_changed_stands AFTER UPDATE ON cards_card REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION cards_card_stands();
CREATE TRIGGER cards_binding_added_stands AFTER INSERT ON cards_binding REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION cards_card_stands_for();
CREATE TRIGGER cards_binding_changed_stands AFTER UPDATE ON cards_binding REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION cards_card_stands_for();
CREATE TRIGGER cards_card_number_added_stands AFTER INSERT ON cards_card_number REFERENCING NEW TABLE AS touched
    FOR EACH STATEMENT EXECUTE FUNCTION cards_card_stands_for();

CREATE OR REPLACE VIEW pub.card_numbers AS
    SELECT issuer, number_kind, number, card_id, since, binding_id, member_id, expires_on, works, kind
    FROM cards_card_number;

-- The cards that there are already. Triggers tell the numbers of all that are written from here on.
UPDATE cards_card_number n
SET since = s.since, binding_id = s.binding_id, member_id = s.member_id, expires_on = s.expires_on,
    works = s.works, kind = s.kind
FROM cards_standing s WHERE s.card_id = n.card_id;
