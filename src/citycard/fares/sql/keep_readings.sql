-- Keep what devices said of rides, and name the batch.
WITH batch AS MATERIALIZED (SELECT nextval('fares_reading_batch_id') AS id), kept AS (
    INSERT INTO fares_reading
        (local_month, at, batch_id, card_key, reader_id, epoch, seq, leg, operator_id, route_id, stop_id, vehicle_id,
         ticket_id, issuer_id, charged_ntd, missed_ntd, points_taken, metres, fare_ntd, purse_after_ntd)
    SELECT r.local_month, r.at, batch.id, r.card_key, r.reader_id, r.epoch, r.seq, r.leg, r.operator_id, r.route_id,
           r.stop_id, r.vehicle_id, r.ticket_id, r.issuer_id, r.charged_ntd, r.missed_ntd, r.points_taken, r.metres,
           r.fare_ntd, r.purse_after_ntd
    FROM unnest(%(months)s::date[], %(ats)s::timestamptz[], %(cards)s::bigint[], %(readers)s::bigint[],
                %(epochs)s::integer[], %(seqs)s::bigint[], %(legs)s::smallint[], %(operators)s::integer[],
                %(routes)s::integer[], %(stops)s::integer[], %(vehicles)s::integer[], %(tickets)s::integer[],
                %(issuers)s::integer[], %(charged_ntd)s::integer[], %(missed_ntd)s::integer[],
                %(points_taken)s::integer[], %(metres)s::integer[], %(fare_ntd)s::integer[],
                %(purse_after_ntd)s::integer[])
         AS r(local_month, at, card_key, reader_id, epoch, seq, leg, operator_id, route_id, stop_id, vehicle_id,
              ticket_id, issuer_id, charged_ntd, missed_ntd, points_taken, metres, fare_ntd, purse_after_ntd),
         batch
)
SELECT id AS batch_id FROM batch
