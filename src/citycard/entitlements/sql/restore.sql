-- Close what a run wrote and add again what stood before, for one chunk of it.
WITH difference AS MATERIALIZED (
    SELECT d.member_id, d.entitlement, d.rows, d.added,
           greatest(%(now)s::timestamptz,
                    (SELECT max(lower(r.recorded)) + interval '1 microsecond' FROM entitlements_right r
                     WHERE r.id = ANY(d.added))) AS at
    FROM entitlements_difference d
    WHERE d.run_id = %(run)s AND d.member_id > %(after)s AND d.member_id <= %(upto)s
      AND d.state = 'written' AND d.added IS NOT NULL
), closed AS (
    UPDATE entitlements_right r SET recorded = tstzrange(lower(r.recorded), d.at)
    FROM (SELECT unnest(n.added) AS id, n.at FROM difference n) d WHERE r.id = d.id
    RETURNING 1
), again AS (
    SELECT r.member_id, r.entitlement, r.valid, d.at, r.rule_id, r.pack_hash, r.because
    FROM (SELECT unnest(n.rows) AS id, n.at FROM difference n) d JOIN entitlements_right r ON r.id = d.id
    WHERE (SELECT count(*) FROM closed) >= 0
), added AS (
    INSERT INTO entitlements_right
        (member_id, entitlement, valid, recorded, rule_id, pack_hash, because, decided_at, decided_by)
    SELECT a.member_id, a.entitlement, a.valid, tstzrange(a.at, NULL), a.rule_id, a.pack_hash, a.because,
           %(now)s, %(actor)s
    FROM again a
    RETURNING 1
)
UPDATE entitlements_difference d SET state = 'undone'
WHERE d.run_id = %(run)s AND d.member_id > %(after)s AND d.member_id <= %(upto)s AND d.state = 'written'
