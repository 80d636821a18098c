-- Whose months cards were used in: whose they were when it was stored, and whose they are known to have been now.
WITH used AS (SELECT local_month, card_key, rider FROM fares_month_card WHERE card_key = ANY (%(cards)s::bigint[]))
SELECT local_month, rider FROM used
UNION
SELECT local_month, -card_key FROM used
UNION
SELECT u.local_month, b.member_id
FROM used u JOIN pub.bindings b ON b.card_id = u.card_key
    AND b.bound && tstzrange(u.local_month::timestamp AT TIME ZONE %(zone)s,
                             (u.local_month + interval '1 month') AT TIME ZONE %(zone)s)
