-- What differs of each changed ride and was not seen to before: the whole of it, or the rest. What was seen to is read
-- at once, before the first row is added: looked up row by row, a fresh table would be read through each time.
WITH changed AS MATERIALIZED (
    SELECT * FROM unnest(%(readers)s::bigint[], %(epochs)s::integer[], %(seqs)s::bigint[], %(riders)s::bigint[],
                         %(boarded)s::bigint[], %(operators)s::integer[], %(routes)s::integer[], %(amounts)s::bigint[],
                         %(points)s::integer[], %(kinds)s::smallint[])
        AS c(reader_id, epoch, seq, rider, boarded_us, operator_id, route_id, amount_micro, points, kind)
), seen AS MATERIALIZED (
    SELECT reader_id, epoch, seq, sum(d.amount_micro)::bigint AS amount_micro, sum(d.points)::integer AS points
    FROM fares_difference d JOIN changed c USING (reader_id, epoch, seq)
    WHERE d.state IN ('kept', 'operator', 'refunding', 'refund')
    GROUP BY reader_id, epoch, seq
)
INSERT INTO fares_difference
    (reader_id, epoch, seq, rider, boarded_at, found_at, local_month, operator_id, route_id, amount_micro, points, kind)
SELECT c.reader_id, c.epoch, c.seq, c.rider,
       timestamptz '2000-01-01 00:00:00+00' + c.boarded_us * interval '1 microsecond', %(now)s, %(month)s,
       c.operator_id, c.route_id, c.amount_micro - coalesce(s.amount_micro, 0), c.points - coalesce(s.points, 0),
       CASE WHEN c.kind <> 0 THEN c.kind WHEN coalesce(s.amount_micro, 0) > 0 THEN 1 ELSE 2 END
FROM changed c LEFT JOIN seen s ON s.reader_id = c.reader_id AND s.epoch = c.epoch AND s.seq = c.seq
WHERE c.kind <> 0 AND s.reader_id IS NULL
   OR c.amount_micro <> coalesce(s.amount_micro, 0) OR c.points <> coalesce(s.points, 0)
