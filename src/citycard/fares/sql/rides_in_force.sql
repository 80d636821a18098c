-- The rides of some riders in a month as they are stored now, subsidies filled up with zeros to the number of funds. Of a
-- book with other funds nobody's bits mean the same, so that none is the same.
WITH others AS MATERIALIZED (SELECT id FROM fares_book WHERE funds <> %(funds)s::text[])
SELECT boarded_at, rider, reader_id, seq, epoch, alighted_at, card_key, marks, due_micro, collected_micro,
       difference_micro, operator_id, route_id, ticket_id, origin_id, destination_id, metres, charged_ntd, points_taken,
       fare_ntd, points, stored_ntd, cash_ntd, applied,
       CASE WHEN EXISTS (SELECT FROM others) AND (
           SELECT d.book_id IN (SELECT id FROM others) FROM fares_decision d
           WHERE d.rider = r.rider AND d.local_month = r.local_month AND d.revision = r.revision) THEN -1 ELSE funders END,
       category, reason, ended, difference_kind,
       CASE WHEN subsidies IS NULL THEN %(nothing)s::bigint[] ELSE (subsidies || %(nothing)s::bigint[])[1:%(many)s::integer] END
FROM fares_ride r
WHERE local_month = %(month)s::date AND rider = ANY (%(riders)s::bigint[]) AND closed_at IS NULL
