SELECT r.id AS registration_id, p.public_id || '.' || r.id AS key, r.print_id, r.card_id, r.member_id, p.card_kind, b.number, r.state, r.opened_at,
       r.sent_at, r.ended_at, r.receipt, r.why
FROM issuing_registration r
JOIN issuing_print p ON p.id = r.print_id
JOIN issuing_blank b ON b.id = p.blank_id
WHERE (%(ids)s::bigint[] IS NULL OR r.id = ANY(%(ids)s::bigint[]))
  AND (%(state)s::text IS NULL OR r.state = %(state)s)
ORDER BY r.opened_at, r.id LIMIT %(limit)s
