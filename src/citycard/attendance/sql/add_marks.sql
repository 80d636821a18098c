INSERT INTO attendance_mark
    (key, member_id, card_id, kind, agency, at, direction, place, reader_id, epoch, seq, service,
     received_at, recorded_at)
SELECT m.*, %(now)s
FROM unnest(%(keys)s::uuid[], %(members)s::bigint[], %(cards)s::bigint[], %(kinds)s::text[], %(agencies)s::text[],
            %(ats)s::timestamptz[], %(directions)s::text[], %(places)s::text[],
            %(readers)s::bigint[], %(epochs)s::integer[], %(seqs)s::bigint[],
            %(services)s::text[], %(received)s::timestamptz[]) AS m
ON CONFLICT (key) DO NOTHING
RETURNING id, member_id, kind, agency
