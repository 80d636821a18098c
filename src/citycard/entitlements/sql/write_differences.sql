-- Close what stood and add what is to stand, for one chunk of a run. Days before the first day stay.
WITH difference AS MATERIALIZED (
    SELECT d.member_id, d.entitlement, d.first_day, d.wanted, d.rows,
           greatest(%(now)s::timestamptz,
                    (SELECT max(lower(r.recorded)) + interval '1 microsecond' FROM entitlements_right r
                     WHERE r.id = ANY(d.rows))) AS at
    FROM entitlements_difference d
    WHERE d.run_id = %(run)s AND d.member_id > %(after)s AND d.member_id <= %(upto)s AND d.state = 'open'
      AND d.stood <> d.wanted
), closed AS (
    UPDATE entitlements_right r SET recorded = tstzrange(lower(r.recorded), d.at)
    FROM difference d WHERE r.id = ANY(d.rows)
    RETURNING r.member_id, r.entitlement, r.valid, r.because
), kept AS (
    SELECT c.member_id, c.entitlement, range_agg(c.valid) AS days
    FROM closed c GROUP BY c.member_id, c.entitlement
), fresh AS (
    SELECT d.member_id, d.entitlement, d.first_day, d.at, span AS valid
    FROM difference d
    LEFT JOIN kept k ON k.member_id = d.member_id AND k.entitlement = d.entitlement
    CROSS JOIN LATERAL unnest(
        d.wanted + coalesce(k.days, '{}') * datemultirange(daterange(NULL, d.first_day))) AS span
), added AS (
    INSERT INTO entitlements_right
        (member_id, entitlement, valid, recorded, rule_id, pack_hash, because, decided_at, decided_by)
    SELECT f.member_id, f.entitlement, f.valid, tstzrange(f.at, NULL), f.entitlement, %(pack)s,
           CASE WHEN upper(f.valid) <= f.first_day
                THEN (SELECT c.because FROM closed c WHERE c.member_id = f.member_id
                      AND c.entitlement = f.entitlement AND c.valid && f.valid LIMIT 1)
                ELSE said.because END,
           %(now)s, %(actor)s
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
            WHERE k.member_id = f.member_id
              AND k.name IN (SELECT jsonb_array_elements_text(%(inputs)s::jsonb -> f.entitlement))
            GROUP BY k.name
            UNION ALL
            SELECT own.name, own.value
            FROM pub.known_members m
            CROSS JOIN LATERAL (VALUES ('birth_on', to_jsonb(m.birth_on)), ('sex', to_jsonb(m.sex)),
                                       ('died_on', to_jsonb(m.died_on)), ('id_kind', to_jsonb(m.id_kind)))
                AS own(name, value)
            WHERE m.member_id = f.member_id AND %(inputs)s::jsonb -> f.entitlement ? own.name
        ) told WHERE told.value <> 'null'
    ) said
    RETURNING id, member_id, entitlement
)
UPDATE entitlements_difference d SET state = 'written', added = n.added
FROM (
    SELECT x.member_id, x.entitlement,
           CASE WHEN x.stood <> x.wanted THEN coalesce(array_agg(a.id ORDER BY a.id)
                                                       FILTER (WHERE a.id IS NOT NULL), '{}') END AS added
    FROM entitlements_difference x
    LEFT JOIN added a ON a.member_id = x.member_id AND a.entitlement = x.entitlement
    WHERE x.run_id = %(run)s AND x.member_id > %(after)s AND x.member_id <= %(upto)s AND x.state = 'open'
    GROUP BY x.member_id, x.entitlement, x.stood, x.wanted
) n
WHERE d.run_id = %(run)s AND d.member_id = n.member_id AND d.entitlement = n.entitlement
