WITH ready AS (
    SELECT a.id FROM applications_application a
    WHERE a.id = ANY(%(ids)s::bigint[]) AND a.state IN ('checking', 'waiting')
      AND NOT EXISTS (SELECT FROM applications_check c WHERE c.application_id = a.id AND c.answer = 'waiting')
    ORDER BY a.id FOR UPDATE
)
UPDATE applications_application a
SET state = 'deciding', dispatched_at = %(now)s, waiting_since = NULL, waiting_for = NULL, version = version + 1
FROM ready WHERE a.id = ready.id
RETURNING a.id, a.ref, a.member_id, a.channel, a.form
