-- What was missing and came after all: the difference closes itself, and says when.
UPDATE redemptions_difference d SET state = 'arrived', arrived_on = %(on)s::date
WHERE d.state = 'open' AND (
    (d.kind = 'missing_file' AND EXISTS (
        SELECT FROM redemptions_company_line f
        WHERE f.card_id = d.card_id AND f.counter = d.counter AND f.day BETWEEN d.day - 4 AND d.day + 4))
    OR (d.kind = 'missing_kiosk' AND d.card_id IS NOT NULL AND EXISTS (
        SELECT FROM redemptions_kiosk_line k
        WHERE k.card_id = d.card_id AND k.counter = d.counter AND k.wrote AND k.day BETWEEN d.day - 4 AND d.day + 4))
    OR (d.kind = 'missing_kiosk' AND d.card_id IS NULL AND EXISTS (
        SELECT FROM redemptions_kiosk_line k
        WHERE k.device_id = split_part(d.item, ':', 2)::bigint AND k.seq = split_part(d.item, ':', 3)::bigint
          AND k.day BETWEEN d.day - 40 AND d.day + 40))
    OR (d.kind = 'missing_ledger' AND EXISTS (
        SELECT FROM redemptions_session s
        WHERE s.way = 'card' AND s.card_id = d.card_id AND s.counter_before = d.counter - 1
          AND coalesce(s.ruled = 'written', s.state = 'settled'))))
