-- What a run would write for one chunk of members: rights whose days differ from the stored ones, and days of
-- the next look that move. Rules are put in where a comment names them; a right is a column (d0 wanted, s0 stored …)
-- until it is clear whose rights have to be looked at one by one.
WITH known AS (
    SELECT f.member_id /*aggregates*/
    FROM pub.known_facts f WHERE /*who f*/ AND f.name = ANY(%(names)s::text[]) GROUP BY f.member_id
), person AS MATERIALIZED (
    SELECT m.member_id, c.check_on, c.member_id IS NULL AS fresh, coalesce(v.version, 0) AS version,
           c.seen IS DISTINCT FROM coalesce(v.version, 0) AS unseen, coalesce(c.held, '{}') AS held,
           greatest(%(on)s::date, coalesce(c.since, %(today)s::date)) AS first_day,
           datemultirange(daterange(greatest(%(on)s::date, coalesce(c.since, %(today)s::date)), NULL)) AS onward
           /*columns*/
    FROM pub.known_members m
    LEFT JOIN known k ON k.member_id = m.member_id
    LEFT JOIN entitlements_next_check c ON c.member_id = m.member_id AND /*who c*/
    LEFT JOIN pub.known_versions v ON v.member_id = m.member_id AND /*who v*/
    WHERE /*who m*/ AND (c.member_id IS NOT NULL OR %(every_rule)s)
), wanted AS (
    SELECT p.member_id, p.check_on, p.fresh, p.version, p.unseen, p.held, p.first_day, p.onward /*days*/ FROM person p OFFSET 0
), stored AS (
    SELECT r.member_id /*stored*/
    FROM entitlements_right r
    WHERE /*who r*/ AND upper_inf(r.recorded) AND (upper_inf(r.valid) OR upper(r.valid) >= %(on)s::date)
      AND r.entitlement = ANY(%(codes)s::text[])
    GROUP BY r.member_id
), candidate AS MATERIALIZED (
    SELECT w.member_id, w.check_on, w.fresh, w.version, w.unseen, w.held, w.first_day, w.onward,
           /*wanted array*/ AS wanted, /*stored array*/ AS stood
    FROM wanted w LEFT JOIN stored s ON s.member_id = w.member_id
    WHERE w.fresh OR w.check_on <= %(today)s::date OR (%(every_rule)s AND (w.check_on IS NOT NULL OR w.unseen)) /*any differs*/
), compared AS MATERIALIZED (
    SELECT w.member_id, w.version, v.entitlement, w.first_day, w.onward, w.held, v.days, coalesce(v.stood, '{}') AS known_days,
           range_merge(v.days)::datemultirange = v.days AS single,
           greatest(w.first_day, %(today)s::date) + 1 AS horizon
    FROM candidate w
    CROSS JOIN LATERAL unnest(%(codes)s::text[], w.wanted, w.stood) AS v(entitlement, days, stood)
    WHERE NOT isempty(v.days) OR v.stood IS NOT NULL OR v.entitlement = ANY(w.held)
), begun AS (
    SELECT c.member_id, c.version, c.entitlement, c.first_day, c.known_days, c.entitlement = ANY(c.held) AS was_held,
           c.known_days * c.onward AS stood,
           CASE WHEN NOT c.single THEN entitlements_begun(c.days, c.horizon)
                WHEN lower(c.days) <= c.horizon THEN c.days ELSE '{}' END AS days
    FROM compared c
), differing AS MATERIALIZED (
    SELECT b.*, b.days + b.known_days * datemultirange(daterange(NULL, b.first_day)) AS afterwards
    FROM begun b
    WHERE b.stood <> b.days
       OR b.was_held <> ((b.days + b.known_days * datemultirange(daterange(NULL, b.first_day)))
                         && daterange(%(today)s::date, %(today)s::date + 2))
), spans AS (
    SELECT d.*,
           CASE WHEN NOT d.was_held OR isempty(d.known_days) THEN NULL
                WHEN range_merge(d.known_days)::datemultirange = d.known_days THEN range_merge(d.known_days)
                ELSE (SELECT s FROM unnest(d.known_days) s ORDER BY s DESC LIMIT 1) END AS before,
           CASE WHEN NOT d.afterwards && daterange(%(today)s::date, %(today)s::date + 2) THEN NULL
                WHEN range_merge(d.afterwards)::datemultirange = d.afterwards THEN range_merge(d.afterwards)
                ELSE (SELECT s FROM unnest(d.afterwards) s
                      WHERE s && daterange(%(today)s::date, %(today)s::date + 2) ORDER BY s LIMIT 1) END AS after
    FROM differing d OFFSET 0
), judged AS (
    SELECT d.*,
           CASE WHEN NOT isempty(d.stood - d.days) THEN lower(d.stood - d.days)
                WHEN d.stood = d.days AND d.after IS NULL THEN greatest(d.first_day, %(today)s::date)
           END AS lost_on,
           CASE WHEN d.stood <> d.days THEN lower(d.days - d.stood) ELSE lower(d.after) END AS gained_on
    FROM spans d OFFSET 0
), put AS (
    INSERT INTO entitlements_difference
        (run_id, member_id, entitlement, kind, reason, first_day, stood, wanted, before, after, rows, basis)
    SELECT %(run)s, d.member_id, d.entitlement,
           CASE WHEN d.before IS NULL AND d.after IS NULL THEN 'past' WHEN d.before IS NULL THEN 'begun'
                WHEN d.after IS NULL THEN 'ended' WHEN d.lost_on IS NOT NULL THEN 'cut' ELSE 'changed' END,
           /*reason*/, d.first_day, d.stood, d.days, d.before, d.after,
           CASE WHEN isempty(d.known_days) THEN '{}' ELSE ARRAY(
                SELECT r.id FROM entitlements_right r
                WHERE r.member_id = d.member_id AND r.entitlement = d.entitlement AND upper_inf(r.recorded)
                  AND (upper_inf(r.valid) OR upper(r.valid) > d.first_day) ORDER BY r.id) END,
           d.version
    FROM judged d JOIN person p ON p.member_id = d.member_id
    RETURNING 1
), looks AS (
    SELECT c.member_id,
           min(CASE WHEN NOT c.single THEN entitlements_next_look(c.days, %(today)s::date)
                    ELSE least(CASE WHEN lower(c.days) - 1 > %(today)s::date THEN lower(c.days) - 1 END,
                               CASE WHEN upper(c.days) > %(today)s::date THEN upper(c.days) END) END) AS check_on
    FROM compared c GROUP BY c.member_id
), looked AS (
    INSERT INTO entitlements_look (run_id, member_id, check_on, was_on, first_day, basis)
    SELECT %(run)s, p.member_id, l.check_on, p.check_on, p.first_day, p.version
    FROM candidate p LEFT JOIN looks l ON l.member_id = p.member_id
    WHERE CASE WHEN %(every_rule)s THEN p.fresh OR p.unseen OR l.check_on IS DISTINCT FROM p.check_on
               ELSE l.check_on < coalesce(p.check_on, 'infinity') END
    RETURNING 1
)
SELECT (SELECT count(*) FROM person) AS members, (SELECT count(*) FROM put) AS differences,
       (SELECT count(*) FROM looked) AS looks
