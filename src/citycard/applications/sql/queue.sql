SELECT p.*, a.ref, a.form, a.pack_hash, a.channel, a.counter, a.submitted_at,
    p.state = 'in_review' AND p.reviewer IS NOT NULL AS returned
FROM applications_part p JOIN applications_application a ON a.id = p.application_id
WHERE p.agency = %(agency)s AND p.state = ANY(%(states)s::text[])
  AND (%(reviewer)s::text IS NULL OR p.reviewer = %(reviewer)s)
ORDER BY p.due_at NULLS LAST, p.id
LIMIT %(limit)s
