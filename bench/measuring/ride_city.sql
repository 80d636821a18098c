-- A month of rides as devices tell them: %(people)s people, %(rides)s rides of the month that begins on %(month)s.
-- Of a hundred people 25 ride with cards that the city doesn't know, 25 with general cards, 23 are pupils, 22 senior,
-- 5 disabled. Of a hundred rides 89 are on buses, 5 on trains, 5 on metros, 1 by taxi; one isn't tapped out of.
INSERT INTO people_member (id, public_id, name, birth_on, sex, district, village, name_bigrams, source, verified_by, created_at)
SELECT n, gen_random_uuid(), '測試', DATE '2026-03-01' - (365.2425 * CASE WHEN n %% 100 < 50 THEN 40 WHEN n %% 100 < 57 THEN 9
       WHEN n %% 100 < 73 THEN 15 ELSE 72 END)::int - (n %% 300)::int, 'f', '', '', '{}', 'import', '', '2026-01-05'
FROM generate_series(1, %(people)s::bigint) n WHERE n %% 100 >= 25;
INSERT INTO people_fact (member_id, name, value, valid, recorded, source, basis_kind, basis_id)
SELECT n, 'school', jsonb_build_object('level', CASE WHEN n %% 100 < 57 THEN 'primary' ELSE 'junior' END, 'in_city', true),
       daterange('2024-09-01', NULL), tstzrange('2026-01-05', NULL), 'import', 'import', ''
FROM generate_series(1, %(people)s::bigint) n WHERE n %% 100 BETWEEN 50 AND 72;
INSERT INTO cards_card (id, kind, medium, issuer, state, state_at, created_at)
SELECT n, CASE WHEN n %% 100 < 50 THEN 'general' WHEN n %% 100 < 73 THEN 'student' WHEN n %% 100 < 95 THEN 'senior'
          ELSE 'disability' END, 'easycard', 'easycard', 'active', '2026-01-05', '2026-01-05'
FROM generate_series(1, %(people)s::bigint) n WHERE n %% 100 >= 25;
INSERT INTO cards_binding (card_id, member_id, bound, recorded)
SELECT n, n, tstzrange('2026-01-05', NULL), tstzrange('2026-01-05', NULL)
FROM generate_series(1, %(people)s::bigint) n WHERE n %% 100 >= 25;
INSERT INTO entitlements_right (member_id, entitlement, valid, recorded, rule_id, pack_hash, because, decided_at, decided_by)
SELECT n, CASE WHEN n %% 100 < 73 THEN 'student-service' WHEN n %% 100 < 95 THEN 'senior-rides' ELSE 'disability-rides' END,
       daterange('2026-01-05', NULL), tstzrange('2026-01-05', NULL), '', '', '{}', '2026-01-05', 'import'
FROM generate_series(1, %(people)s::bigint) n WHERE n %% 100 >= 50;
SELECT citycard_ensure_partition(parent, %(month)s::date)
FROM unnest(ARRAY['entitlements_allowance', 'fares_reading', 'fares_ride', 'infra_journal']) AS parent;
WITH ground AS (INSERT INTO entitlements_allowance_ground (pack_hash, because) VALUES ('', '{}') RETURNING id)
INSERT INTO entitlements_allowance (month, unit, member_id, entitlement, fund, amount, starts_on, returned, granted,
                                    decided_on, ground, decided_at)
SELECT %(month)s, 'ride-points', n, 'senior-rides', 1, 800, %(month)s, false, 800, %(month)s, ground.id, '2026-03-01'
FROM ground, generate_series(1, %(people)s::bigint) n WHERE n %% 100 >= 73;
INSERT INTO fares_term (id, code) VALUES (1, 'taoyuan-bus'), (2, '5'), (3, 'tra'), (4, 'airport-metro'), (5, 'love-taxi'),
       (6, 'easycard'), (7, 'taipei-metro'), (8, '9'), (9, '50') ON CONFLICT DO NOTHING;
SELECT setval(pg_get_serial_sequence('fares_term', 'id'), 100);
CREATE UNLOGGED TABLE bench_ride AS
SELECT n, 1 + (hashint8extended(n, 1) & 9223372036854775807) %% %(people)s::bigint AS person,
       (hashint8extended(n, 2) & 1023) AS what, (hashint8extended(n, 3) & 1023) AS gone,
       (hashint8extended(n, 4) & 16777215) AS far, n * 1.0 / %(rides)s AS when_of_month
FROM generate_series(1, %(rides)s::bigint) n;
INSERT INTO fares_reading (at, batch_id, card_key, reader_id, seq, local_month, epoch, operator_id, route_id, stop_id, vehicle_id,
                           ticket_id, issuer_id, charged_ntd, missed_ntd, points_taken, metres, fare_ntd, leg)
SELECT at, n / 500, CASE WHEN person %% 100 < 25 THEN 4611686018427387904 + person ELSE person END, n %% 4000, n * 2 + leg,
       %(month)s, 1, operator_id, CASE WHEN operator_id = 1 THEN 2 ELSE 0 END, 0, 0, 0, 6, 0, 0, 0,
       CASE WHEN leg = 1 AND operator_id IN (1, 7) THEN 300 + far %% 24000 END,
       CASE WHEN leg > 0 AND operator_id IN (3, 4, 5) THEN 15 + far %% 180 END, leg
FROM (
    SELECT r.*, l.leg, CASE WHEN what < 911 THEN 1 WHEN what < 962 THEN 3 WHEN what < 1003 THEN 7 WHEN what < 1014 THEN 4 ELSE 5
           END AS operator_id,
           %(month)s::timestamp AT TIME ZONE 'Asia/Taipei' + interval '27 days' * when_of_month + interval '5 hours'
           + CASE WHEN l.leg = 1 THEN interval '1 second' * (300 + far %% 3000) ELSE interval '0' END AS at
    FROM bench_ride r CROSS JOIN LATERAL (
        SELECT 0 AS leg WHERE what < 1014 UNION ALL SELECT 1 WHERE what < 1014 AND gone >= 10 UNION ALL SELECT 2 WHERE what >= 1014
    ) l
) t ORDER BY at;
DROP TABLE bench_ride;
