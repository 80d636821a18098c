-- A card's counter goes up with every change of its purse, so one counter stands for one loading. Where it
-- stands for two, there are two cards, or a copy was put back.
WITH used AS (
    SELECT 'kiosk' AS source, day, card_id, counter, terminal, at, ntd FROM redemptions_kiosk_line
    WHERE day BETWEEN %(low)s::date - 2 AND %(high)s::date AND wrote
    UNION ALL
    SELECT 'file', day, card_id, counter, terminal, at, ntd FROM redemptions_company_line
    WHERE day BETWEEN %(low)s::date - 2 AND %(high)s::date
    UNION ALL
    SELECT 'ledger', (writing_at AT TIME ZONE %(zone)s)::date, card_id, counter_before + 1, terminal, writing_at,
           ntd
    FROM redemptions_session
    WHERE way = 'card' AND state = 'settled' AND writing_at >= %(begins)s AND writing_at < %(ends)s),
twice AS (
    SELECT card_id, counter, source, count(*) AS times, max(day) AS day, max(terminal) AS terminal,
           min(terminal) AS other_terminal, max(at) - min(at) AS apart, min(ntd) AS least, max(ntd) AS most
    FROM used GROUP BY card_id, counter, source HAVING count(*) > 1)
INSERT INTO redemptions_difference (kind, item, day, found_on, found_at, card_id, counter, terminal, kiosk_ntd,
                                    file_ntd, ledger_ntd, detail)
SELECT -- one source that says two amounts of one loading contradicts itself; two loadings are a copy
       CASE WHEN bool_and(terminal = other_terminal AND apart < interval '1 second') THEN 'amount_differs'
            ELSE 'cloned' END,
       format('card:%%s:%%s', card_id, counter), max(day), %(on)s::date, %(now)s::timestamptz, card_id, counter,
       max(terminal), max(most) FILTER (WHERE source = 'kiosk'), max(most) FILTER (WHERE source = 'file'),
       max(most) FILTER (WHERE source = 'ledger'), 'counter_used_twice'
FROM twice GROUP BY card_id, counter
ON CONFLICT (kind, item) DO NOTHING
