UPDATE applications_check c SET answer = a.answer, answered_at = %s
FROM unnest(%s::bigint[], %s::text[]) AS a(query_id, answer)
WHERE c.query_id = a.query_id AND c.answer = 'waiting'
