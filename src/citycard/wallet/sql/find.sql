-- Whose each code is: the token that it names, if it stood at that instant, the card had no other holder then, and
-- one of the card's numbers.
SELECT a.n, k.issuer, k.number_kind, k.number
FROM unnest(%(pseudonyms)s::bytea[], %(tokens)s::text[], %(ats)s::timestamptz[])
     WITH ORDINALITY AS a(pseudonym, line_token, at, n)
CROSS JOIN LATERAL (
    SELECT p.card_id, p.member_id, p.held FROM wallet_token p WHERE p.pseudonym = a.pseudonym
    UNION ALL
    SELECT l.card_id, l.member_id, l.held FROM wallet_token l WHERE l.line_token = a.line_token
) t
CROSS JOIN LATERAL (
    SELECT c.issuer, c.number_kind, c.number FROM pub.card_numbers c WHERE c.card_id = t.card_id
    ORDER BY c.number_kind, c.issuer LIMIT 1
) k
WHERE (upper_inf(t.held) OR a.at < upper(t.held)) AND NOT EXISTS (
    SELECT FROM pub.bindings b
    WHERE b.card_id = t.card_id AND b.bound @> a.at AND b.member_id <> t.member_id)
