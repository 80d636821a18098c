-- A tap of a service that asks for no right and gives no points, in one statement on the city's own tables.
\set person random(0, :cards - 1)
\set seq :seq + 1
\set reader :first_reader + :client_id
WITH reader AS (
    SELECT d.id, d.agency, d.place, d.service FROM agencies_device d
    WHERE d.id = :reader::bigint AND d.state = 'active' AND d.epoch >= 1
), card AS (
    SELECT c.id, n.number FROM cards_card_number n JOIN cards_card c ON c.id = n.card_id
    WHERE n.issuer = 'easycard' AND n.number_kind = 'printed' AND n.number = (:first_number::bigint + :person::bigint)::text
      AND c.state = 'active' AND c.state_at <= now() AND c.expires_on IS NULL
), holder AS (
    SELECT b.id AS binding_id, b.card_id, b.member_id
    FROM card JOIN cards_binding b ON b.card_id = card.id AND upper_inf(b.recorded) AND b.bound @> now()
), marked AS (
    UPDATE taps_reader_epoch e
    SET accepted = e.accepted + int8multirange(int8range(:seq::bigint, :seq::bigint, '[]')), last_at = now(),
        last_received_at = now()
    WHERE e.reader_id = :reader::bigint AND e.epoch = 1 AND NOT e.accepted @> :seq::bigint
    RETURNING e.reader_id
)
INSERT INTO taps_tap (local_month, at, reader_id, seq, batch_id, card_id, member_id, binding_id, epoch, points, code,
                      late, content_hash, sort_id, number_tail, site_id)
SELECT :month::date, now(), :reader::bigint, :seq::bigint, 0, card.id, holder.member_id, holder.binding_id, 1, 0, 1,
       false, hashtextextended(:reader::text || ':' || :seq::text || ':' || :person::text, 0), s.id,
       right(card.number, 4), t.id
FROM reader, card, holder, marked, taps_site t, taps_number_sort s
WHERE t.service = reader.service AND t.agency = reader.agency AND t.place = reader.place
  AND s.issuer = 'easycard' AND s.number_kind = 'printed';
