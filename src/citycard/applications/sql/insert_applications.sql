INSERT INTO applications_application (public_id, ref, form, channel, account_id, member_id, counter, entered_by,
    state, services, form_sealed, pack_hash, created_at, submitted_at)
SELECT n.public_id, n.ref, n.form, n.channel, n.account_id, n.member_id, n.counter, %s,
    'checking', string_to_array(n.services, ','), n.sealed, %s, n.submitted_at, n.submitted_at
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
    %s::bytea[], %s::timestamptz[]) WITH ORDINALITY
  AS n(public_id, ref, form, channel, account_id, member_id, counter, services, sealed, submitted_at, place)
ORDER BY n.place
RETURNING id, public_id
