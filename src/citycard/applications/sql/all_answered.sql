SELECT a.id FROM applications_application a
WHERE a.state IN ('checking', 'waiting')
  AND a.id IN (SELECT application_id FROM applications_check WHERE query_id = ANY(%s::bigint[]))
  AND NOT EXISTS (SELECT FROM applications_check c WHERE c.application_id = a.id AND c.answer = 'waiting')
ORDER BY a.id
