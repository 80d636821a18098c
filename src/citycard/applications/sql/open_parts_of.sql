SELECT p.member_id, p.service, a.ref
FROM unnest(%s::bigint[], %s::text[]) AS w(member_id, service)
JOIN applications_part p ON p.member_id = w.member_id AND p.service = w.service
  AND p.state IN ('waiting_checks', 'in_review', 'supplement', 'approved')
JOIN applications_application a ON a.id = p.application_id
