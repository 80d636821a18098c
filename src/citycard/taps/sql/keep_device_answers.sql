-- Keep what devices answered by themselves, under the batch that stores their taps.
INSERT INTO taps_device_answer
        (reader_id, epoch, seq, kept_id, month, at, received_at, card_id, member_id, service, agency, place, issuer,
         spends_on, city_code, code, points, snapshot, profile, price_ntd, quantity)
    SELECT t.reader_id, t.epoch, t.seq, %(kept)s, t.month, t.at, %(now)s, t.card_id, t.member_id, t.service, t.agency,
           t.place, t.issuer, t.spends_on, t.city_code, t.code, t.points, t.snapshot, t.profile, t.price_ntd,
           t.quantity
    FROM unnest(%(readers)s::bigint[], %(epochs)s::integer[], %(seqs)s::bigint[], %(months)s::date[],
                %(ats)s::timestamptz[], %(cards)s::bigint[], %(members)s::bigint[], %(services)s::text[],
                %(agencies)s::text[], %(places)s::text[], %(issuers)s::text[], %(spends)s::text[],
                %(city_codes)s::smallint[], %(codes)s::text[], %(points)s::integer[], %(snapshots)s::integer[],
                %(profiles)s::text[], %(prices)s::integer[], %(quantities)s::integer[])
         AS t(reader_id, epoch, seq, month, at, card_id, member_id, service, agency, place, issuer, spends_on,
              city_code, code, points, snapshot, profile, price_ntd, quantity)
