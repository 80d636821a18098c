UPDATE applications_application a
SET state = 'waiting', waiting_since = %s, waiting_for = w.register, version = version + 1
FROM (SELECT application_id, min(split_part(register, '.', 1)) AS register FROM applications_check
      WHERE query_id = ANY(%s::bigint[]) AND answer = 'waiting' GROUP BY application_id) w
WHERE a.id = w.application_id AND a.state = 'checking'
RETURNING a.id, a.ref, a.member_id, a.channel, a.waiting_for
