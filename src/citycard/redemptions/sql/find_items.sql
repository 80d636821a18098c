-- The three-way comparison: what the kiosk wrote down, what the company's file says, what the ledger settled.
-- Kiosk and ledger meet by the session's key, the file by card and counter. A side that is merely late is no
-- difference until its grace is over; a contradiction is one at once.
WITH k AS MATERIALIZED (
    SELECT key, day, terminal, card_id, counter, ntd, purse_before, purse_after, wrote, at
    FROM redemptions_kiosk_line WHERE day BETWEEN %(low)s::date - 2 AND %(high)s::date),
l AS MATERIALIZED (
    SELECT id, key, (writing_at AT TIME ZONE %(zone)s)::date AS day, terminal, card_id,
           counter_before + 1 AS counter, ntd, purse_before, writing_at AS at, state,
           coalesce(ruled = 'written', state = 'settled') AS loaded
    FROM redemptions_session
    WHERE way = 'card' AND writing_at >= %(begins)s AND writing_at < %(ends)s),
paired AS (
    SELECT l.id AS session_id, coalesce(k.day, l.day) AS day, coalesce(k.terminal, l.terminal) AS terminal,
           coalesce(l.card_id, k.card_id) AS card_id, coalesce(l.counter, k.counter) AS counter,
           coalesce(l.at, k.at) AS at, coalesce(k.wrote, false) AS in_kiosk, coalesce(l.loaded, false) AS in_ledger,
           coalesce(l.state IN ('writing', 'disputed'), false) AS hangs, k.ntd AS kiosk_ntd, l.ntd AS ledger_ntd,
           coalesce(k.purse_before, l.purse_before) AS purse_before, k.purse_after,
           k.key IS NOT NULL AND l.key IS NOT NULL
               AND (k.card_id, k.counter, k.purse_before) IS DISTINCT FROM (l.card_id, l.counter, l.purse_before)
               AS kiosk_contradicts
    FROM k FULL JOIN l ON l.key = k.key),
-- A loading that was tried in vain and then again has two sessions over one counter: the one that holds counts.
kl AS (
    SELECT * FROM (
        SELECT p.*, row_number() OVER (PARTITION BY card_id, counter
                                       ORDER BY in_ledger DESC, in_kiosk DESC, hangs DESC, at) AS place
        FROM paired p) ranked
    WHERE place = 1 OR in_kiosk OR in_ledger),
f AS MATERIALIZED (
    SELECT DISTINCT ON (card_id, counter) day, terminal, card_id, counter, ntd, purse_before, purse_after, at
    FROM redemptions_company_line WHERE day BETWEEN %(low)s::date - 2 AND %(high)s::date
    ORDER BY card_id, counter, at),
m AS MATERIALIZED (
    SELECT kl.session_id, least(kl.day, f.day) AS day, coalesce(kl.terminal, f.terminal) AS terminal,
           coalesce(kl.card_id, f.card_id) AS card_id, coalesce(kl.counter, f.counter) AS counter,
           coalesce(kl.at, f.at) AS at, coalesce(kl.in_kiosk, false) AS in_kiosk, f.day IS NOT NULL AS in_file,
           coalesce(kl.in_ledger, false) AS in_ledger, coalesce(kl.hangs, false) AS hangs, kl.kiosk_ntd,
           f.ntd AS file_ntd, kl.ledger_ntd, coalesce(kl.kiosk_contradicts, false) AS kiosk_contradicts,
           kl.purse_before AS kiosk_before, kl.purse_after AS kiosk_after, f.purse_before AS file_before,
           f.purse_after AS file_after, kl.terminal <> f.terminal AS elsewhere
    FROM kl FULL JOIN f ON f.card_id = kl.card_id AND f.counter = kl.counter),
-- A record whose card or counter was altered has lost its partner: the two halves name one alteration.
halves AS MATERIALIZED (
    SELECT a.card_id, a.counter, b.card_id AS other_card, b.counter AS other_counter, b.file_ntd
    FROM m a JOIN m b ON b.terminal = a.terminal
        AND b.at BETWEEN a.at - %(pairs)s::interval AND a.at + %(pairs)s::interval
        AND (b.card_id = a.card_id OR b.counter = a.counter)
        AND b.file_before = a.kiosk_before AND b.file_ntd = coalesce(a.kiosk_ntd, a.ledger_ntd)
    WHERE (a.in_kiosk OR a.in_ledger) AND NOT a.in_file
      AND b.in_file AND NOT b.in_kiosk AND NOT b.in_ledger AND b.session_id IS NULL),
judged AS (
    SELECT m.*, h.card_id IS NOT NULL AS altered, h.other_counter, h.file_ntd AS other_ntd
    FROM m LEFT JOIN (SELECT DISTINCT ON (card_id, counter) * FROM halves ORDER BY card_id, counter) h
        ON h.card_id = m.card_id AND h.counter = m.counter
    WHERE m.day >= %(low)s::date AND m.day <= %(high)s::date
      AND (m.in_kiosk OR m.in_file OR m.in_ledger)
      AND NOT EXISTS (SELECT FROM halves o WHERE o.other_card = m.card_id AND o.other_counter = m.counter)
      AND NOT EXISTS (SELECT FROM redemptions_difference d
                      WHERE d.kind = 'cloned' AND d.card_id = m.card_id AND d.counter = m.counter)),
named AS (
    SELECT j.*, d.kind, d.detail FROM judged j CROSS JOIN LATERAL (VALUES
        ('tampered', 'record_altered', j.altered),
        ('tampered', 'kiosk_contradicts', NOT j.altered AND j.kiosk_contradicts),
        ('tampered', 'terminal_differs', coalesce(j.elsewhere AND j.in_kiosk, false)),
        ('tampered', 'purse_differs', coalesce(
            (j.in_kiosk AND j.in_file AND j.kiosk_ntd = j.file_ntd
                 AND (j.kiosk_before <> j.file_before OR j.kiosk_after <> j.file_after))
            OR (j.in_kiosk AND j.kiosk_after <> j.kiosk_before + j.kiosk_ntd)
            OR (j.in_file AND j.file_after <> j.file_before + j.file_ntd), false)),
        ('amount_differs', '', coalesce(
            (j.in_kiosk AND j.in_file AND j.kiosk_ntd <> j.file_ntd)
            OR (j.in_kiosk AND j.in_ledger AND j.kiosk_ntd <> j.ledger_ntd)
            OR (j.in_file AND j.in_ledger AND j.file_ntd <> j.ledger_ntd), false)),
        ('missing_ledger', CASE WHEN j.session_id IS NULL THEN 'no_session' WHEN j.hangs THEN 'hangs'
                                ELSE 'released' END,
            NOT j.in_ledger AND NOT j.altered AND (NOT j.hangs OR j.day + %(kiosk_grace)s < %(on)s::date)),
        ('missing_file', '', NOT j.in_file AND NOT j.altered AND j.day + %(file_grace)s < %(on)s::date),
        ('missing_kiosk', '', NOT j.in_kiosk AND NOT j.altered AND j.day + %(kiosk_grace)s < %(on)s::date)
    ) AS d(kind, detail, is_so)
    WHERE d.is_so
      -- Nearly all agree in everything, of which none of the questions above need be asked.
      AND (j.in_kiosk AND j.in_file AND j.in_ledger AND NOT j.altered AND NOT j.kiosk_contradicts
           AND j.elsewhere IS NOT TRUE AND j.kiosk_ntd = j.file_ntd AND j.kiosk_ntd = j.ledger_ntd
           AND j.kiosk_before = j.file_before AND j.kiosk_after = j.file_after
           AND j.kiosk_after = j.kiosk_before + j.kiosk_ntd) IS NOT TRUE)
INSERT INTO redemptions_difference (kind, item, day, found_on, found_at, card_id, counter, session_id, terminal,
                                    kiosk_ntd, file_ntd, ledger_ntd, detail)
SELECT DISTINCT ON (kind, card_id, counter)
       kind, format('card:%%s:%%s', card_id, counter), day, %(on)s::date, %(now)s::timestamptz, card_id, counter,
       session_id, terminal, CASE WHEN in_kiosk THEN kiosk_ntd END, coalesce(file_ntd, other_ntd),
       CASE WHEN in_ledger THEN ledger_ntd END, detail
FROM named ORDER BY kind, card_id, counter, detail
ON CONFLICT (kind, item) DO NOTHING
