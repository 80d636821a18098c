INSERT INTO applications_part (application_id, state, member_id, service, entitlement, agency, card_kind, own_card,
    decide_within_days, medium)
SELECT n.application_id, %s, n.member_id, n.service, n.entitlement, n.agency, n.card_kind, n.own_card,
    n.decide_within_days, n.medium
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::boolean[],
    %s::int[], %s::text[])
  WITH ORDINALITY AS n(application_id, member_id, service, entitlement, agency, card_kind, own_card,
    decide_within_days, medium, place)
ORDER BY n.place
