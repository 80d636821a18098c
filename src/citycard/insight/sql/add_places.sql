INSERT INTO insight_place (service, agency, place)
SELECT * FROM unnest(%(services)s::text[], %(agencies)s::text[], %(places)s::text[])
ON CONFLICT DO NOTHING
RETURNING id
