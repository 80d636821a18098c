-- Close what a run wrote and add again what stood before, for one chunk of it.
WITH difference AS MATERIALIZED (
    SELECT d.member_id, d.entitlement, d.first_day, d.rows
    FROM entitlements_difference d
    WHERE d.run_id = %(run)s AND d.member_id > %(after)s AND d.member_id <= %(upto)s
      AND d.state = 'due' AND d.stood <> d.wanted
), closed AS (
    UPDATE entitlements_right r
    SET recorded = tstzrange(lower(r.recorded),
                             greatest(%(now)s::timestamptz, lower(r.recorded) + interval '1 microsecond'))
    FROM difference d
    WHERE r.member_id = d.member_id AND r.entitlement = d.entitlement AND upper_inf(r.recorded)
      AND r.run_id = %(run)s
    RETURNING upper(r.recorded) AS at
), again AS (
    SELECT r.member_id, r.entitlement, r.valid, r.rule_id, r.pack_hash, r.because
    FROM (SELECT unnest(n.rows) AS id FROM difference n) d JOIN entitlements_right r ON r.id = d.id
), added AS (
    INSERT INTO entitlements_right
        (member_id, entitlement, valid, recorded, rule_id, pack_hash, because, decided_at, decided_by)
    SELECT a.member_id, a.entitlement, a.valid,
           tstzrange(greatest(%(now)s::timestamptz, (SELECT max(c.at) FROM closed c)), NULL),
           a.rule_id, a.pack_hash, a.because, %(now)s, %(actor)s
    FROM again a
    RETURNING 1
)
SELECT count(*) FROM added
