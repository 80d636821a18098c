CREATE VIEW pub.cards AS
    SELECT id AS card_id, kind, medium, issuer, state, state_at, expires_on FROM cards_card;

CREATE VIEW pub.card_numbers AS
    SELECT issuer, number_kind, number, card_id FROM cards_card_number;

CREATE VIEW pub.bindings AS
    SELECT id AS binding_id, card_id, member_id, bound FROM cards_binding WHERE upper_inf(recorded);

-- The state of a card at an instant before its present state began; NULL before it was known.
CREATE FUNCTION pub.card_state_at(card bigint, instant timestamptz) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
RETURN (SELECT h.state FROM cards_card_history h WHERE h.card_id = card AND h.at <= instant
        ORDER BY h.at DESC, h.id DESC LIMIT 1);

-- The join of whose a card is now with what that person has: what readers use.
CREATE VIEW pub.holdings AS
    SELECT b.card_id, b.member_id, r.entitlement, r.valid, b.id AS binding_id, r.right_id
    FROM cards_binding b JOIN pub.rights r ON r.member_id = b.member_id
    WHERE upper_inf(b.recorded) AND upper_inf(b.bound);
