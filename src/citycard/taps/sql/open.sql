-- Lock the readers' epochs in order, tell which taps were taken before, and find for each tap the card, whose it
-- was and what its holder had at the tap's own time.
WITH locked AS MATERIALIZED (
    SELECT e.reader_id, e.epoch, e.accepted
    FROM taps_reader_epoch e
    WHERE (e.reader_id, e.epoch) IN (
        SELECT * FROM unnest(%(lock_readers)s::bigint[], %(lock_epochs)s::integer[]))
    ORDER BY e.reader_id, e.epoch
    FOR UPDATE
)
SELECT d.state AS reader_state, r.epoch <= d.epoch AS epoch_known,
       l.accepted @> r.seq AS seen,
       coalesce(w.service, d.service, '') AS service, coalesce(w.agency, d.agency, '') AS agency,
       coalesce(w.place, d.place, '') AS place,
       c.card_id, c.kind, c.expires_on,
       CASE WHEN c.state_at <= r.at THEN c.state ELSE pub.card_state_at(c.card_id, r.at) END AS card_state,
       b.binding_id, b.member_id, h.right_id,
       (s.entitlement IS NULL OR h.member_id IS NOT NULL) AS entitled
FROM unnest(%(readers)s::bigint[], %(epochs)s::integer[], %(seqs)s::bigint[], %(ats)s::timestamptz[],
            %(days)s::date[], %(issuers)s::text[], %(kinds)s::text[], %(numbers)s::text[])
     WITH ORDINALITY AS r(reader_id, epoch, seq, at, day, issuer, number_kind, number, n)
LEFT JOIN pub.devices d ON d.device_id = r.reader_id
-- A reader that was moved since: the tap belongs to where it stood then.
LEFT JOIN LATERAL (
    SELECT p.service, p.agency, p.place FROM pub.device_posts p
    WHERE r.at < d.posted_at AND p.device_id = d.device_id AND p.stood @> r.at
) w ON true
LEFT JOIN locked l ON l.reader_id = r.reader_id AND l.epoch = r.epoch
LEFT JOIN pub.card_numbers k
       ON k.issuer = r.issuer AND k.number_kind = r.number_kind AND k.number = r.number
LEFT JOIN pub.cards c ON c.card_id = k.card_id
LEFT JOIN pub.bindings b ON b.card_id = c.card_id AND b.bound @> r.at
LEFT JOIN unnest(%(services)s::text[], %(entitlements)s::text[], %(one_card)s::boolean[])
       AS s(service, entitlement, one_card)
       ON s.service = coalesce(w.service, d.service)
LEFT JOIN LATERAL (
    SELECT g.member_id, g.right_id FROM pub.rights g
    WHERE g.member_id = b.member_id AND g.entitlement = s.entitlement AND g.valid @> r.day
      AND (NOT s.one_card OR EXISTS (
          SELECT FROM pub.right_cards t WHERE t.card_id = c.card_id AND t.member_id = g.member_id
             AND t.entitlement = g.entitlement AND t.bound @> r.at))
    LIMIT 1
) h ON true
ORDER BY r.n
