-- The joins are to keys, so that who does not ask for what they give does not pay for them.
CREATE VIEW pub.taps AS
    SELECT t.local_month, t.batch_id, t.reader_id, t.epoch, t.seq, t.at, b.received_at, t.late, t.card_id, t.member_id,
           s.service, s.agency, s.place, t.code, t.points, t.campaign_id, t.site_id
    FROM taps_tap t
    LEFT JOIN taps_site s ON s.id = t.site_id
    LEFT JOIN taps_batch b ON b.id = t.batch_id;

CREATE VIEW pub.tap_batches AS SELECT id AS batch_id, received_at, taps FROM taps_batch;

CREATE VIEW pub.tap_sites AS SELECT id AS site_id, service, agency, place FROM taps_site;
