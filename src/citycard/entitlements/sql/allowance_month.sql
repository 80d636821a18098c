SELECT count(*) FILTER (WHERE a.granted > 0) AS people, coalesce(sum(a.granted), 0)::bigint AS granted,
       count(*) FILTER (WHERE a.used > 0) AS users, coalesce(sum(a.used), 0)::bigint AS used
FROM entitlements_allowance a WHERE a.month = %s AND a.unit = %s AND a.entitlement = ANY(%s::text[])
