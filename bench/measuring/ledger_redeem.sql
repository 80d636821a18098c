-- One move through the ledger's own function: a person's point goes to a partner.
\set holder random(1, :people)
SELECT ledger_post_one(
    'member', 'bench-points', :holder::bigint, :first_fund::bigint + :holder::bigint % 50, '2035-12-31', NULL,
    'partner', 'bench-points', NULL, NULL, NULL, 'easycard',
    (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0')
     || substr(replace(gen_random_uuid()::text, '-', ''), 13))::uuid,
    :month::date, now(), 'bench.redeem', 'bench:1', NULL, NULL, 1, 'system', now());
