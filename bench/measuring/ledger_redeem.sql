-- One move through the ledger's own function: a person's point goes to a partner.
\set holder random(1, :people)
SELECT outcome FROM ledger_post(
    ARRAY['member', 'partner'], ARRAY['bench-points', 'bench-points'],
    ARRAY[:first_fund::bigint + :holder::bigint % 50, NULL]::bigint[], ARRAY['2035-12-31', NULL]::date[], ARRAY[NULL, 'easycard']::text[],
    ARRAY[(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0')
           || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid],
    ARRAY[:month::date], ARRAY[now()], ARRAY['bench.redeem'], ARRAY['bench:1'], '{}', '{}', '{}',
    ARRAY[1], ARRAY[:holder::bigint]::bigint[], ARRAY[2], ARRAY[NULL]::bigint[], ARRAY[1]::bigint[], 'system', now());
