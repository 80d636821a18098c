-- Taps of one day in Taoyuan's proportions: 122,677 of its 726,678 cards, 5,000 a batch. Who taps is drawn
-- evenly, which makes the most people a month; each person has three bus lines, two of everything else.
CREATE TEMPORARY TABLE day AS
SELECT n, member, at, service, agency, service || '-' || (hashint8extended(member * 3 + usual, 4) & 65535) %% places AS place
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
) a;
INSERT INTO taps_site (service, agency, place)
SELECT DISTINCT service, agency, place FROM day ON CONFLICT DO NOTHING;
INSERT INTO taps_number_sort (issuer, number_kind) VALUES ('easycard', 'printed') ON CONFLICT DO NOTHING;
INSERT INTO taps_tap (local_month, at, reader_id, seq, batch_id, card_id, member_id, epoch, points, code, late,
                      content_hash, number_tail, site_id, sort_id)
SELECT date_trunc('month', %(day)s::date)::date, at, 1, n, 1 + (n - 1) / 5000, member, member, 1, 0,
       CASE WHEN n %% 200 = 0 THEN %(refused)s ELSE %(accepted)s END, false, n, '0001', s.id, k.id
FROM day JOIN taps_site s USING (service, agency, place) CROSS JOIN taps_number_sort k
WHERE k.issuer = 'easycard' AND k.number_kind = 'printed'
ORDER BY n;
INSERT INTO taps_batch (id, received_at, pack_hash, taps)
SELECT 1 + (n - 1) / 5000, max(at), '', count(*) FROM day GROUP BY 1 ON CONFLICT DO NOTHING;
DROP TABLE day;
