-- Insert each new tap once with its answer, mark its number as taken, and name the batch.
WITH batch AS (
    INSERT INTO taps_batch (received_at, pack_hash, taps)
    VALUES (%(now)s, %(pack_hash)s, cardinality(%(readers)s::bigint[])) RETURNING id
), marked AS (
    UPDATE taps_reader_epoch e
    SET accepted = e.accepted + t.taken, last_at = greatest(e.last_at, t.last_at), last_received_at = %(now)s,
        usual_gap_s = taps_usual_gap(
            e.usual_gap_s, greatest(0, coalesce(extract(epoch FROM %(now)s - e.last_received_at), 0)))
    FROM (SELECT reader_id, epoch, range_agg(int8range(seq, seq, '[]')) AS taken, max(at) AS last_at
          FROM unnest(%(taken_readers)s::bigint[], %(taken_epochs)s::integer[], %(taken_seqs)s::bigint[],
                      %(taken_ats)s::timestamptz[]) AS u(reader_id, epoch, seq, at)
          GROUP BY reader_id, epoch) t
    WHERE e.reader_id = t.reader_id AND e.epoch = t.epoch
), stored AS (
    INSERT INTO taps_tap
        (local_month, at, received_at, reader_id, seq, batch_id, card_id, member_id, binding_id, right_id,
         link_id, campaign_id, epoch, points, code, late, content_hash, issuer, number_kind, number_tail,
         service, agency, place)
    SELECT t.local_month, t.at, %(now)s, t.reader_id, t.seq, batch.id, t.card_id, t.member_id, t.binding_id,
           t.right_id, t.link_id, t.campaign_id, t.epoch, t.points, t.code, t.late, t.content_hash, t.issuer,
           t.number_kind, t.number_tail, t.service, t.agency, t.place
    FROM unnest(%(months)s::date[], %(ats)s::timestamptz[], %(readers)s::bigint[], %(seqs)s::bigint[],
                %(cards)s::bigint[], %(members)s::bigint[], %(bindings)s::bigint[], %(rights)s::bigint[],
                %(links)s::bigint[], %(campaigns)s::bigint[], %(epochs)s::integer[], %(points)s::integer[],
                %(codes)s::smallint[], %(lates)s::boolean[], %(hashes)s::bytea[], %(issuers)s::text[],
                %(kinds)s::text[], %(tails)s::text[], %(services)s::text[], %(agencies)s::text[],
                %(places)s::text[])
         AS t(local_month, at, reader_id, seq, card_id, member_id, binding_id, right_id, link_id, campaign_id,
              epoch, points, code, late, content_hash, issuer, number_kind, number_tail, service, agency, place),
         batch
)
SELECT id FROM batch
