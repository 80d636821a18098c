-- What is used of people's months, and the uses themselves; tills' with what was answered of their price.
WITH months AS (
    UPDATE entitlements_allowance a
    SET used = a.used + n.points,
        granted = greatest(CASE WHEN a.returned THEN 0 ELSE a.amount END, a.used + n.points),
        revision = a.revision + n.revisions
    FROM unnest(%(of_months)s::date[], %(of_units)s::text[], %(of_members)s::bigint[], %(changes)s::bigint[],
                %(revisions)s::integer[]) AS n(month, unit, member_id, points, revisions)
    WHERE a.month = n.month AND a.unit = n.unit AND a.member_id = n.member_id
      AND a.month = ANY (%(those)s::date[])) -- told beforehand: other months' partitions are not even planned for
INSERT INTO entitlements_allowance_use AS u
    (month, key, member_id, unit, category, service, at, into_code, wanted, points, why, moves, moved, price_ntd,
     stored_value_ntd, cash_ntd, set_at)
SELECT n.month, n.key, n.member_id, n.unit, n.category, n.service, n.at, n.into_code, n.wanted, n.points, n.why,
       n.moves::uuid[], n.moved::bigint[], n.price, n.stored_value, n.cash, %(now)s
FROM unnest(%(months)s::date[], %(keys)s::uuid[], %(members)s::bigint[], %(units)s::text[], %(categories)s::text[],
            %(services)s::text[], %(ats)s::timestamptz[], %(into)s::text[], %(wanted)s::bigint[],
            %(points)s::bigint[], %(why)s::text[], %(moves)s::text[], %(moved)s::text[], %(prices)s::bigint[],
            %(stored)s::bigint[], %(cash)s::bigint[])
     AS n(month, key, member_id, unit, category, service, at, into_code, wanted, points, why, moves, moved, price,
          stored_value, cash)
ON CONFLICT (month, key) DO UPDATE
SET wanted = EXCLUDED.wanted, points = EXCLUDED.points, why = EXCLUDED.why, moves = EXCLUDED.moves,
    moved = EXCLUDED.moved, revision = u.revision + 1, set_at = EXCLUDED.set_at,
    price_ntd = coalesce(EXCLUDED.price_ntd, u.price_ntd),
    stored_value_ntd = coalesce(EXCLUDED.stored_value_ntd, u.stored_value_ntd),
    cash_ntd = coalesce(EXCLUDED.cash_ntd, u.cash_ntd)
