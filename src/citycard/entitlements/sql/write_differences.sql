-- Close what stood and add what is to stand, for one chunk of a run. Days before the first day stay.
WITH difference AS MATERIALIZED (
    SELECT d.member_id, d.entitlement, d.first_day, d.wanted, d.rows,
           stood.days * datemultirange(daterange(NULL, d.first_day)) AS before,
           greatest(%(now)s::timestamptz, stood.since + interval '1 microsecond') AS at
    FROM entitlements_difference d
    CROSS JOIN LATERAL (
        SELECT coalesce(range_agg(r.valid), '{}') AS days, max(lower(r.recorded)) AS since
        FROM entitlements_right r WHERE r.id = ANY(d.rows)
    ) stood
    WHERE d.run_id = %(run)s AND d.member_id > %(after)s AND d.member_id <= %(upto)s AND d.state = 'due'
      AND d.stood <> d.wanted
), closed AS (
    UPDATE entitlements_right r SET recorded = tstzrange(lower(r.recorded), d.at)
    FROM (SELECT unnest(n.rows) AS id, n.at FROM difference n) d WHERE r.id = d.id
    RETURNING 1
), fresh AS (
    SELECT d.member_id, d.entitlement, d.first_day, d.at, d.rows, span AS valid
    FROM difference d CROSS JOIN LATERAL unnest(d.wanted + d.before) AS span
    WHERE (SELECT count(*) FROM closed) >= 0  -- what stood is closed before anything is added
), added AS (
    INSERT INTO entitlements_right
        (member_id, entitlement, valid, recorded, rule_id, pack_hash, because, decided_at, decided_by,
         run_id)
    SELECT f.member_id, f.entitlement, f.valid, tstzrange(f.at, NULL), f.entitlement, %(pack)s,
           CASE WHEN upper(f.valid) <= f.first_day
                THEN (SELECT r.because FROM entitlements_right r
                      WHERE r.id = ANY(f.rows) AND r.valid && f.valid ORDER BY r.id LIMIT 1)
                ELSE said.because END,
           %(now)s, %(actor)s, %(run)s
    FROM fresh f
    CROSS JOIN LATERAL (SELECT greatest(lower(f.valid), f.first_day) AS day) day
    CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_object_agg(told.name, told.value), '{}') AS because FROM (
            SELECT k.name,
                   CASE WHEN k.name NOT LIKE ALL ('{status.%%,relation.%%,approval.%%}')
                            THEN (array_agg(k.value) FILTER (WHERE k.valid @> day.day))[1]
                        WHEN bool_or(jsonb_typeof(k.value) = 'object') FILTER (WHERE k.valid @> day.day)
                            THEN (array_agg(k.value) FILTER (WHERE k.valid @> day.day))[1] || '{"held": true}'
                        ELSE to_jsonb(coalesce(bool_or(k.value NOT IN ('null', 'false', '0', '""', '[]', '{}'))
                                               FILTER (WHERE k.valid @> day.day), false)) END AS value
            FROM pub.known_facts k
            WHERE k.member_id = f.member_id AND (upper_inf(f.valid) OR upper(f.valid) > f.first_day)
              AND k.name IN (SELECT jsonb_array_elements_text(%(inputs)s::jsonb -> f.entitlement))
            GROUP BY k.name
            UNION ALL
            SELECT own.name, own.value
            FROM pub.known_members m
            CROSS JOIN LATERAL (VALUES ('birth_on', to_jsonb(m.birth_on)), ('sex', to_jsonb(m.sex)),
                                       ('died_on', to_jsonb(m.died_on)), ('id_kind', to_jsonb(m.id_kind)))
                AS own(name, value)
            WHERE m.member_id = f.member_id AND (upper_inf(f.valid) OR upper(f.valid) > f.first_day)
              AND %(inputs)s::jsonb -> f.entitlement ? own.name
        ) told WHERE told.value <> 'null'
    ) said
    RETURNING 1
)
SELECT count(*) FROM added
