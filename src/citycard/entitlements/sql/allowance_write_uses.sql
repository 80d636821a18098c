INSERT INTO entitlements_allowance_use AS u
    (month, key, member_id, unit, category, service, at, into_code, wanted, points, why, moves, moved, set_at)
SELECT n.month, n.key, n.member_id, n.unit, n.category, n.service, n.at, n.into_code, n.wanted, n.points, n.why,
       n.moves::uuid[], n.moved::bigint[], %(now)s
FROM unnest(%(months)s::date[], %(keys)s::uuid[], %(members)s::bigint[], %(units)s::text[], %(categories)s::text[],
            %(services)s::text[], %(ats)s::timestamptz[], %(into)s::text[], %(wanted)s::bigint[],
            %(points)s::bigint[], %(why)s::text[], %(moves)s::text[], %(moved)s::text[])
     AS n(month, key, member_id, unit, category, service, at, into_code, wanted, points, why, moves, moved)
ON CONFLICT (month, key) DO UPDATE
SET wanted = EXCLUDED.wanted, points = EXCLUDED.points, why = EXCLUDED.why, moves = EXCLUDED.moves,
    moved = EXCLUDED.moved, revision = u.revision + 1, set_at = EXCLUDED.set_at
