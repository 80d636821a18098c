WITH kept AS (
    INSERT INTO attendance_stay AS s
        (key, member_id, kind, agency, place, day, starts_at, ends_at, state, version, word_id)
    SELECT * FROM unnest(
        %(key)s::uuid[], %(member_id)s::bigint[], %(kind)s::text[], %(agency)s::text[], %(place)s::text[],
        %(day)s::date[], %(starts_at)s::timestamptz[], %(ends_at)s::timestamptz[], %(state)s::text[],
        %(version)s::integer[], %(word_id)s::bigint[])
    ON CONFLICT (key) DO UPDATE
    SET day = excluded.day, starts_at = excluded.starts_at, ends_at = excluded.ends_at, state = excluded.state,
        version = excluded.version, word_id = excluded.word_id
    RETURNING s.id, s.key, s.version, s.state, s.starts_at, s.ends_at, s.word_id
), versions AS (
    INSERT INTO attendance_version
        (stay_id, version, state, starts_at, ends_at, word_id, pack_hash, recorded_at, recorded_by)
    SELECT id, version, state, starts_at, ends_at, word_id, %(pack_hash)s, %(now)s, %(actor)s FROM kept
)
SELECT id, key FROM kept
