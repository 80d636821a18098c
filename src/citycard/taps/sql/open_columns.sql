-- Lock the readers' epochs in the order given and mark the numbers that come as taken; find for each tap the card,
-- whose it was and what its holder had at the tap's own time. One row of columns: NULL is 0.
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
    SELECT r.n, r.day, r.at, coalesce(w.service, r.service, 0)::smallint AS service, coalesce(w.site, r.site, 0) AS site,
           CASE WHEN a.which <> k.card_id THEN 3 ELSE coalesce(c.standing, 0) END::smallint AS standing,
           c.card_id, coalesce(array_position(%(special_kinds)s::text[], c.kind), 0)::smallint AS kind,
           c.binding_id, c.member_id, h.right_id
    FROM (
        SELECT u.*, (SELECT services FROM readers)[u.place] AS service, (SELECT sites FROM readers)[u.place] AS site,
               (SELECT posted_ats FROM readers)[u.place] AS posted_at,
               (%(issuers)s::text[])[u.key] AS issuer, (%(number_kinds)s::text[])[u.key] AS number_kind
        FROM unnest(%(places)s::integer[], %(ats)s::timestamptz[], %(days)s::date[], %(keys)s::integer[],
                    %(numbers)s::text[], %(others)s::text[])
             WITH ORDINALITY AS u(place, at, day, key, number, other, n)
    ) r
    -- A reader that was moved since: the tap belongs to where it stood then.
    LEFT JOIN LATERAL (
        SELECT array_position(%(services)s::text[], p.service) AS service, z.id AS site
        FROM pub.device_posts p
        JOIN taps_site z ON z.service = p.service AND z.agency = p.agency AND z.place = p.place
        WHERE r.at < r.posted_at AND p.device_id = (%(readers)s::bigint[])[r.place] AND p.stood @> r.at
        OFFSET 0  -- not pulled up, so that it is asked only for those
    ) w ON true
    LEFT JOIN pub.card_numbers k
           ON k.issuer = r.issuer AND k.number_kind = r.number_kind AND k.number = r.number
    -- The other card that the number can mean.
    LEFT JOIN LATERAL (
        SELECT o.card_id AS which FROM pub.card_numbers o
        WHERE r.other IS NOT NULL AND o.issuer = r.issuer AND o.number_kind = r.number_kind AND o.number = r.other
        OFFSET 0  -- as above: nearly no number can mean two cards
    ) a ON true
    LEFT JOIN LATERAL (
        SELECT k.card_id, k.kind, k.binding_id, k.member_id,
               CASE WHEN k.works AND (k.expires_on <= r.day) IS NOT TRUE THEN 1 ELSE 2 END AS standing
        WHERE k.since <= r.at AND a.which IS NULL
        UNION ALL  -- a tap from before what the number's row reaches back to, or a card found by its other number
        SELECT c.card_id, c.kind, b.binding_id, b.member_id,
               CASE CASE WHEN c.state_at <= r.at THEN c.state ELSE pub.card_state_at(c.card_id, r.at) END
                    WHEN 'active' THEN CASE WHEN c.expires_on <= r.day THEN 2 ELSE 1 END
                    ELSE CASE WHEN c.state_at > r.at AND pub.card_state_at(c.card_id, r.at) IS NULL THEN 0 ELSE 2 END
               END
        FROM pub.cards c
        -- "= ANY" of one value: the exclusion constraints' GiST indexes can't serve it, and the B-trees are much faster.
        LEFT JOIN pub.bindings b ON b.card_id = ANY (ARRAY[c.card_id]) AND b.bound @> r.at
        WHERE (k.since <= r.at AND a.which IS NULL) IS NOT TRUE AND (a.which <> k.card_id) IS NOT TRUE
          AND c.card_id = coalesce(k.card_id, a.which)
    ) c ON true
    LEFT JOIN LATERAL (
        SELECT g.right_id FROM pub.rights g
        WHERE (%(entitlements)s::text[])[coalesce(w.service, r.service)] IS NOT NULL
          AND g.member_id = ANY (ARRAY[c.member_id])
          AND g.entitlement = (%(entitlements)s::text[])[coalesce(w.service, r.service)] AND g.valid @> r.day
          AND (NOT (%(one_card)s::boolean[])[coalesce(w.service, r.service)] OR EXISTS (
              SELECT FROM pub.right_cards t WHERE t.card_id = c.card_id AND t.member_id = g.member_id
                 AND t.entitlement = g.entitlement AND t.bound @> r.at))
        LIMIT 1
    ) h ON true
), holders AS MATERIALIZED (
    -- Who has a right that names a class of fare: few, so all of the batch are asked for in one pass over the index.
    SELECT array_agg(DISTINCT g.member_id) AS ids
    FROM pub.rights g
    WHERE g.entitlement = ANY (%(class_rights)s::text[]) AND g.member_id = ANY ((
        SELECT array_agg(DISTINCT f.member_id) FROM found f
        WHERE f.standing = 1 AND (%(tell_class)s::boolean[])[f.service])::bigint[])
)
SELECT readers.good, array[readers.missing] AS missing, readers.seen,
       CASE WHEN readers.missing = 0 THEN array[nextval('taps_batch_id_seq')] END AS batch_id, f.*
FROM readers, (
    SELECT array_agg(f.n), array_agg(f.service), array_agg(f.site), array_agg(f.standing),
           array_agg(coalesce(f.card_id, 0)), array_agg(f.kind), array_agg(coalesce(f.binding_id, 0)),
           array_agg(coalesce(f.member_id, 0)), array_agg(coalesce(f.right_id, 0)),
           -- Found among the holders by halving; which classes their rights name, a bit each, where the service tells them.
           array_agg(CASE WHEN (%(tell_class)s::boolean[])[f.service] AND f.standing = 1
                           AND h.ids[width_bucket(f.member_id, h.ids)] = f.member_id THEN coalesce((
               SELECT bit_or(1 << (array_position(%(class_rights)s::text[], g.entitlement) - 1))
               FROM pub.rights g
               WHERE g.member_id = ANY (ARRAY[f.member_id]) AND g.entitlement = ANY (%(class_rights)s::text[])
                 AND g.valid @> f.day
                 AND (NOT (%(class_one_card)s::boolean[])[array_position(%(class_rights)s::text[], g.entitlement)]
                      OR EXISTS (
                     SELECT FROM pub.right_cards t WHERE t.card_id = f.card_id AND t.member_id = g.member_id
                        AND t.entitlement = g.entitlement AND t.bound @> f.at))), 0) ELSE 0 END)
    FROM found f, holders h) f
