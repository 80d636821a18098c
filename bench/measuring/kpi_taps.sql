-- Taps of one day in Taoyuan's proportions: 122,677 of its 726,678 cards, 5,000 a batch. Who taps is drawn
-- evenly, which makes the most people a month; each person has three bus lines, two of everything else.
INSERT INTO taps_tap (local_month, at, received_at, reader_id, seq, batch_id, card_id, member_id, epoch, points, code,
                      late, content_hash, issuer, number_kind, number_tail, service, agency, place)
SELECT date_trunc('month', %(day)s::date)::date, at, at, 1, n, 1 + (n - 1) / 5000, member, member, 1, 0,
       CASE WHEN n %% 200 = 0 THEN %(refused)s ELSE %(accepted)s END, false, '\x00', 'easycard', 'printed', '0001',
       service, agency, service || '-' || (hashint8extended(member * 3 + usual, 4) & 65535) %% places
FROM (
    SELECT n, 1 + (hashint8extended(n, 1) & 9223372036854775807) %% 726678 AS member,
           (hashint8extended(n, 2) & 1073741823) %% 60411624 AS what,
           (hashint8extended(n, 3) & 1023) %% 3 AS usual,
           %(day)s::timestamp AT TIME ZONE 'Asia/Taipei' + interval '6 hours'
           + interval '1 second' * ((hashint8extended(n, 5) & 1073741823) %% 61200) AS at
    FROM generate_series(%(first)s::bigint, %(first)s + 122676) AS n
) t
JOIN (VALUES
    ('bus-ride', 'transport', 0, 47403809, 400), ('small-purchase', 'rdec', 47403809, 51005865, 700),
    ('tra-ride', 'transport', 51005865, 54028349, 12), ('library-loan', 'library', 54028349, 56912382, 35),
    ('taipei-metro-ride', 'transport', 56912382, 59523032, 120),
    ('bike-hire', 'transport', 59523032, 59991819, 200), ('activity', 'health', 59991819, 60257956, 100),
    ('love-taxi', 'transport', 60257956, 60318984, 50), ('parking', 'transport', 60318984, 60373281, 20),
    ('city-fees', 'rdec', 60373281, 60401266, 13), ('volunteer-in', 'social-welfare', 60401266, 60411624, 20)
) AS s(service, owner, lowest, highest, places) ON t.what >= s.lowest AND t.what < s.highest
CROSS JOIN LATERAL (
    -- buses are driven by four operators
    SELECT CASE s.service WHEN 'bus-ride' THEN 'operator-' || t.usual + t.member %% 2 ELSE s.owner END AS agency
) a
ORDER BY n;
