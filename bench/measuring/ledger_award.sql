-- One move through the ledger's own function: a fund's budget gives to a person.
\set holder random(1, :people)
SELECT outcome FROM ledger_post(
    ARRAY['budget', 'member'], ARRAY['bench-points', 'bench-points'],
    ARRAY[:first_fund::bigint + :holder::bigint % 50, :first_fund::bigint + :holder::bigint % 50]::bigint[], ARRAY[NULL, '2035-12-31']::date[], ARRAY[NULL, NULL]::text[],
    ARRAY[(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0')
           || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid],
    ARRAY[:month::date], ARRAY[now()], ARRAY['bench.award'], ARRAY['bench:1'], '{}', '{}', '{}',
    ARRAY[1], ARRAY[NULL]::bigint[], ARRAY[2], ARRAY[:holder::bigint]::bigint[], ARRAY[3]::bigint[], 'system', now());
