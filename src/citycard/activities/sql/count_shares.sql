-- Count what a batch asks of people's shares, up to their caps, in the order given; what they were before. A share
-- of a campaign that gives once (:once) is left as it is when something was given, and not returned; so is that of
-- somebody who was not registered in the city on the day of all that is asked, where that is for residents (:residents).
WITH counted AS (
    INSERT INTO activities_participation AS p (campaign_id, member_id, taps, points, cap, first_at, last_at)
    SELECT a.campaign_id, a.member_id, a.taps, least(a.points, a.cap), a.cap, a.first_at, a.last_at
    FROM unnest(%(campaigns)s::bigint[], %(members)s::bigint[], %(taps)s::bigint[], %(points)s::bigint[],
                %(caps)s::bigint[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
         WITH ORDINALITY AS a(campaign_id, member_id, taps, points, cap, first_at, last_at, n)
    WHERE a.campaign_id <> ALL (%(residents)s::bigint[]) OR EXISTS (
        SELECT FROM pub.known_facts f
        WHERE f.member_id = a.member_id AND f.name = 'registered_city' AND f.valid @> %(day)s::date
          AND f.value = to_jsonb(%(city)s::text))
    ORDER BY a.n
    ON CONFLICT (campaign_id, member_id) DO UPDATE
    SET taps = p.taps + excluded.taps, points = least(p.cap, p.points + excluded.points), points_before = p.points,
        first_at = least(p.first_at, excluded.first_at), last_at = greatest(p.last_at, excluded.last_at)
    WHERE p.points = 0 OR p.campaign_id <> ALL (%(once)s::bigint[])
    RETURNING p.campaign_id, p.member_id, p.cap - p.points_before AS room
)
SELECT array_agg(c.campaign_id), array_agg(c.member_id), array_agg(c.room) FROM counted c
