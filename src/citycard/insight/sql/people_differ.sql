-- Different people by member id, against different people by pseudonym.
WITH counted AS (
    SELECT t.service, t.agency, t.place, count(DISTINCT t.member_id) AS people, count(*) AS uses
    FROM pub.taps t
    JOIN insight_absorbed a ON a.source = 'taps' AND a.batches @> t.batch_id
    WHERE t.local_month = %(month)s AND t.member_id IS NOT NULL AND t.code = ANY(%(served)s)
    GROUP BY 1, 2, 3
), kept AS (
    SELECT service, agency, place, count(*) AS people, sum(uses) AS uses
    FROM insight_person_month WHERE month = %(month)s GROUP BY 1, 2, 3
)
SELECT service, agency, place,
       coalesce(counted.people, 0) AS counted_people, coalesce(kept.people, 0) AS kept_people
FROM counted FULL JOIN kept USING (service, agency, place)
WHERE (counted.people, counted.uses) IS DISTINCT FROM (kept.people, kept.uses)
ORDER BY service, agency, place LIMIT 100
