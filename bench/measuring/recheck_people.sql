-- Residents for a benchmark: as many as a city has, aged as a city's are, with the facts that registers tell.
-- %(residents)s residents; every tenth lives elsewhere, one in twenty is registered elsewhere, %(city)s is the city.
INSERT INTO people_member (id, public_id, name, birth_on, sex, district, village, name_bigrams, source, verified_by,
                           created_at, died_on)
SELECT n, gen_random_uuid(), '測試', DATE '2026-11-21' - (365.2425 * age)::int, CASE WHEN n %% 2 = 0 THEN 'f' ELSE 'm' END,
       '', '', '{}', 'import', '', '2026-01-05', CASE WHEN n %% 997 = 0 THEN DATE '2026-11-10' END
FROM (
    SELECT n, CASE WHEN r < 0.14 THEN s * 18 WHEN r < 0.77 THEN 18 + s * 47 ELSE 65 + s * s * 33 END AS age
    FROM (
        SELECT n, (hashint8extended(n, 1) & 1048575) / 1048576.0 AS r, (hashint8extended(n, 2) & 1048575) / 1048576.0 AS s
        FROM generate_series(1, %(residents)s::bigint) n
    ) drawn
) aged;
INSERT INTO people_member_number (member_id, id_kind, sealed, blind, valid_from_at)
SELECT n, 'citizen', int8send(n), int8send(n), '2026-01-05' FROM generate_series(1, %(residents)s::bigint) n;
INSERT INTO people_fact (member_id, name, value, valid, recorded, source, basis_kind, basis_id)
SELECT m.id, f.name, f.value, daterange(f.starts, f.ends), tstzrange('2026-01-05', NULL), 'import', 'import', ''
FROM (
    SELECT m.id, m.birth_on, (DATE '2026-11-21' - m.birth_on) / 365.2425 AS age,
           hashint8extended(m.id, 3) & 1023 AS a, hashint8extended(m.id, 4) & 1023 AS b,
           hashint8extended(m.id, 5) & 1023 AS c
    FROM people_member m ORDER BY m.id
) m
CROSS JOIN LATERAL (VALUES
    ('registered_city', to_jsonb(CASE WHEN a < 51 THEN 'elsewhere' ELSE %(city)s END), m.birth_on + a::int, NULL::date, true),
    ('registered_district', '"中正區"'::jsonb, m.birth_on + a::int, NULL, a >= 51),
    ('resides_in_city', to_jsonb(b >= 102), DATE '2010-01-01', NULL, b < 1000),
    ('school', jsonb_build_object('level', CASE WHEN age < 12 THEN 'primary' WHEN age < 15 THEN 'junior'
                                                WHEN age < 18 THEN 'senior' ELSE 'university' END, 'in_city', c > 100,
                                  'graduates_on', DATE '2027-06-30' + 365 * (a & 3)::int), DATE '2024-09-01', NULL,
     age BETWEEN 6 AND 22),
    ('status.disability', '{"grade": "severe"}'::jsonb, DATE '2015-01-01', CASE WHEN c < 26 THEN DATE '2027-01-01' + b::int END, c < 52),
    ('status.disability-companion', 'true'::jsonb, DATE '2015-01-01', NULL, c < 26),
    ('status.indigenous', to_jsonb(b < 8), m.birth_on, NULL, c < 100),
    ('status.low-income', 'true'::jsonb, DATE '2026-01-01', DATE '2027-01-01', b > 1000),
    ('relation.spouse_of_resident', 'true'::jsonb, DATE '2018-05-01', NULL, a < 20),
    ('approval.senior-rides', 'true'::jsonb, m.birth_on + 23741, NULL, age >= 65 AND c >= 52 AND b < 820),
    ('approval.disability-rides', 'true'::jsonb, DATE '2018-01-01', NULL, c < 40),
    ('approval.companion-rides', 'true'::jsonb, DATE '2018-01-01', NULL, c < 20),
    ('approval.health-service', 'true'::jsonb, DATE '2025-01-01', NULL, age < 7 OR b > 1010)
) AS f(name, value, starts, ends, told)
WHERE f.told;
