SELECT p.id, p.service, p.agency, p.place
FROM unnest(%(services)s::text[], %(agencies)s::text[], %(places)s::text[])
     AS w(service, agency, place)
JOIN insight_place p USING (service, agency, place)
