CREATE VIEW pub.taps AS
    SELECT local_month, batch_id, reader_id, epoch, seq, at, received_at, late, card_id, member_id,
           service, agency, place, code, points, campaign_id
    FROM taps_tap;

CREATE VIEW pub.tap_batches AS SELECT id AS batch_id, received_at, taps FROM taps_batch;
