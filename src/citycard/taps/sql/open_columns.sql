-- Lock the readers' epochs in the order given and mark the numbers that come as taken; find for each tap the card,
-- whose it was and what its holder had at the tap's own time. One row of columns: NULL is 0. What is seldom asked for
-- stands in a CASE, so that nothing of it is done for all other taps.
-- Nothing is marked, and :missing says so, while a reader's epoch or what it stands for has no row yet.
WITH reader AS MATERIALIZED (
    SELECT a.place, a.reader_id, a.epoch, a.taken, nullif(a.last_at, '-infinity') AS last_at, e.accepted,
           coalesce(d.state = 'active' AND a.epoch BETWEEN 1 AND d.epoch, false) AS good,
           array_position(%(services)s::text[], d.service) AS service, s.id AS site,
           coalesce(d.posted_at, '-infinity') AS posted_at,
           d.posted_at IS NOT NULL AND EXISTS (
               SELECT FROM pub.device_posts p
               LEFT JOIN taps_site z ON z.service = p.service AND z.agency = p.agency AND z.place = p.place
               WHERE p.device_id = a.reader_id AND z.id IS NULL) AS stood_elsewhere
    FROM unnest(%(readers)s::bigint[], %(epochs)s::integer[], %(taken)s::int8multirange[],
                %(last_ats)s::timestamptz[]) WITH ORDINALITY AS a(reader_id, epoch, taken, last_at, place)
    LEFT JOIN LATERAL (
        SELECT e.accepted FROM taps_reader_epoch e WHERE e.reader_id = a.reader_id AND e.epoch = a.epoch
        FOR UPDATE) e ON true
    LEFT JOIN pub.devices d ON d.device_id = a.reader_id
    LEFT JOIN taps_site s ON s.service = d.service AND s.agency = d.agency AND s.place = d.place
), readers AS MATERIALIZED (
    SELECT array_agg(r.good::integer::smallint ORDER BY r.place) AS good,
           array_agg(coalesce(r.service, 0)::smallint ORDER BY r.place) AS services,
           array_agg(coalesce(r.site, 0) ORDER BY r.place) AS sites,
           array_agg(r.posted_at ORDER BY r.place) AS posted_ats,
           string_agg(r.place || ':' || (r.accepted * r.taken), ';')
               FILTER (WHERE r.good AND r.accepted && r.taken) AS seen,
           count(*) FILTER (WHERE r.good AND (r.accepted IS NULL OR r.site IS NULL OR r.stood_elsewhere)) AS missing
    FROM reader r
), marked AS (
    UPDATE taps_reader_epoch e
    SET accepted = e.accepted + r.taken, last_at = greatest(e.last_at, r.last_at), last_received_at = %(now)s::timestamptz,
        usual_gap_s = taps_usual_gap(
            e.usual_gap_s, greatest(0, coalesce(extract(epoch FROM %(now)s::timestamptz - e.last_received_at), 0)))
    FROM reader r
    WHERE e.reader_id = r.reader_id AND e.epoch = r.epoch AND r.good AND NOT r.accepted @> r.taken
      AND (SELECT missing FROM readers) = 0
), found AS MATERIALIZED (
    SELECT array_agg(f.n) AS ns, array_agg(f.service) AS services, array_agg(f.site) AS sites, array_agg(f.standing) AS standings,
           array_agg(coalesce(f.card_id, 0)) AS card_ids, array_agg(f.kind) AS kinds,
           array_agg(coalesce(f.binding_id, 0)) AS binding_ids, array_agg(coalesce(f.member_id, 0)) AS member_ids,
           array_agg(CASE WHEN (%(entitlements)s::text[])[f.service] IS NULL THEN 0 ELSE coalesce((
               SELECT g.right_id FROM pub.rights g
               -- "= ANY" of one value, here and below: the exclusion constraints' GiST indexes can't serve it, and the B-trees
               -- are much faster.
               WHERE g.member_id = ANY (ARRAY[f.member_id]) AND g.entitlement = (%(entitlements)s::text[])[f.service]
                 AND g.valid @> f.day
                 AND (NOT (%(one_card)s::boolean[])[f.service] OR EXISTS (
                     SELECT FROM pub.right_cards t WHERE t.card_id = f.card_id AND t.member_id = g.member_id
                        AND t.entitlement = g.entitlement AND t.bound @> f.at))
               LIMIT 1), 0) END) AS right_ids,
           array_agg(f.member_id) FILTER (WHERE f.standing = 1 AND (%(tell_class)s::boolean[])[f.service]) AS riders,
           daterange(min(f.day), max(f.day), '[]') AS days
    FROM (
        SELECT c.n, c.day, c.at, c.service, c.site,
               CASE WHEN c.is_now THEN CASE WHEN c.works AND (c.expires_on <= c.day) IS NOT TRUE THEN 1 ELSE 2 END
                    WHEN c.which <> c.card_id THEN 3 ELSE coalesce(c.past[1], 0) END::smallint AS standing,
               CASE WHEN c.is_now THEN c.card_id ELSE c.past[2] END AS card_id,
               coalesce(CASE WHEN c.is_now THEN array_position(%(special_kinds)s::text[], c.kind)
                             ELSE c.past[3] END, 0)::smallint AS kind,
               CASE WHEN c.is_now THEN c.binding_id ELSE c.past[4] END AS binding_id,
               CASE WHEN c.is_now THEN c.member_id ELSE c.past[5] END AS member_id
        FROM (
            SELECT r.*, coalesce(r.moved[1], (SELECT services FROM readers)[r.place], 0)::smallint AS service,
                   coalesce(r.moved[2], (SELECT sites FROM readers)[r.place], 0) AS site,
                   -- A tap from before what the number's row reaches back to, or a card found by its other number.
                   CASE WHEN NOT r.is_now AND (r.which <> r.card_id) IS NOT TRUE THEN (
                       SELECT ARRAY[
                           CASE CASE WHEN c.state_at <= r.at THEN c.state ELSE pub.card_state_at(c.card_id, r.at) END
                           WHEN 'active' THEN CASE WHEN c.expires_on <= r.day THEN 2 ELSE 1 END
                           ELSE CASE WHEN c.state_at > r.at AND pub.card_state_at(c.card_id, r.at) IS NULL THEN 0 ELSE 2 END
                           END, c.card_id, array_position(%(special_kinds)s::text[], c.kind), b.binding_id, b.member_id]
                       FROM pub.cards c
                       LEFT JOIN pub.bindings b ON b.card_id = ANY (ARRAY[c.card_id]) AND b.bound @> r.at
                       WHERE c.card_id = coalesce(r.card_id, r.which)) END AS past
            FROM (
                SELECT u.n, u.day, u.at, u.place, k.card_id, k.kind, k.binding_id, k.member_id, k.works, k.expires_on, rare.which,
                       (k.since <= u.at AND rare.which IS NULL) IS TRUE AS is_now, rare.moved
                FROM unnest(%(places)s::integer[], %(ats)s::timestamptz[], %(days)s::date[], %(keys)s::integer[],
                            %(numbers)s::text[], %(others)s::text[])
                     WITH ORDINALITY AS u(place, at, day, key, number, other, n)
                LEFT JOIN pub.card_numbers k
                       ON k.issuer = (%(issuers)s::text[])[u.key] AND k.number_kind = (%(number_kinds)s::text[])[u.key]
                      AND k.number = u.number
                CROSS JOIN LATERAL (SELECT
                    -- The other card that the number can mean.
                    CASE WHEN u.other IS NOT NULL THEN (
                        SELECT o.card_id FROM pub.card_numbers o
                        WHERE o.issuer = (%(issuers)s::text[])[u.key] AND o.number_kind = (%(number_kinds)s::text[])[u.key]
                          AND o.number = u.other) END AS which,
                    -- A reader that was moved since: the tap belongs to where it stood then.
                    CASE WHEN u.at < (SELECT posted_ats FROM readers)[u.place] THEN (
                        SELECT ARRAY[array_position(%(services)s::text[], p.service), z.id]
                        FROM pub.device_posts p
                        JOIN taps_site z ON z.service = p.service AND z.agency = p.agency AND z.place = p.place
                        WHERE p.device_id = (%(readers)s::bigint[])[u.place] AND p.stood @> u.at) END AS moved
                    OFFSET 0) rare
            ) r
            OFFSET 0
        ) c
        OFFSET 0
    ) f
)
SELECT readers.good, array[readers.missing] AS missing, readers.seen,
       CASE WHEN readers.missing = 0 THEN array[nextval('taps_batch_id_seq')] END AS batch_id,
       f.ns, f.services, f.sites, f.standings, f.card_ids, f.kinds, f.binding_ids, f.member_ids, f.right_ids,
       h.ids, h.bits, h.always
FROM readers, found f, LATERAL (
    -- Who of the riders has a right that names a class of fare: few, and asked for in one pass over the index. Which
    -- classes, a bit each, and whether that is so on all of the batch's days and with any card.
    SELECT array_agg(h.member_id) AS ids, array_agg(h.bits) AS bits, array_agg(h.always) AS always
    FROM (
        SELECT g.member_id, bit_or(1 << (array_position(%(class_rights)s::text[], g.entitlement) - 1)) AS bits,
               bool_and(g.valid @> f.days
                        AND NOT (%(class_one_card)s::boolean[])[array_position(%(class_rights)s::text[], g.entitlement)]
               )::integer AS always
        FROM pub.rights g
        WHERE g.entitlement = ANY (%(class_rights)s::text[]) AND g.member_id = ANY (f.riders) AND g.valid && f.days
        GROUP BY g.member_id) h
) h
