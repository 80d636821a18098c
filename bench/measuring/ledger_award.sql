-- One move through the ledger's own function: a fund's budget gives to a person.
\set holder random(1, :people)
SELECT ledger_post_one(
    'budget', 'bench-points', NULL, :first_fund::bigint + :holder::bigint % 50, NULL, NULL,
    'member', 'bench-points', :holder::bigint, :first_fund::bigint + :holder::bigint % 50, '2035-12-31', NULL,
    (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0')
     || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid,
    :month::date, now(), 'bench.award', 'bench:1', NULL, NULL, 3, 'system', now());
