-- Records of a company's file. The line's own hash makes a repeated record the same line, whatever file and
-- order it comes in.
WITH told AS (
    SELECT * FROM unnest(%(references)s::text[], %(terminals)s::text[], %(numbers)s::text[],
                         %(strangers)s::bigint[], %(counters)s::bigint[], %(ntds)s::bigint[],
                         %(befores)s::bigint[], %(afters)s::bigint[], %(ats)s::timestamptz[], %(days)s::date[])
        AS t(reference, terminal, number, stranger, counter, ntd, purse_before, purse_after, at, day)),
placed AS (
    SELECT t.*, coalesce(n.card_id, t.stranger) AS card_id,
           md5(concat_ws('|', t.terminal, t.number, t.counter, t.ntd, t.purse_before, t.purse_after,
                         extract(epoch FROM t.at)))::uuid AS content
    FROM told t
    LEFT JOIN LATERAL (
        SELECT c.card_id FROM pub.card_numbers c
        WHERE c.issuer = ANY (%(issuers)s::text[]) AND c.number_kind = 'printed' AND c.number = t.number
        LIMIT 1) n ON true)
INSERT INTO redemptions_company_line (day, content, file_id, reference, terminal, card_id, counter, ntd,
                                      purse_before, purse_after, at, received_at)
SELECT day, content, %(file)s, reference, terminal, card_id, counter, ntd, purse_before, purse_after, at, %(now)s
FROM placed ORDER BY day, content
ON CONFLICT (day, content) DO NOTHING
