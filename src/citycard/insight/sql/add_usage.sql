INSERT INTO insight_usage (day, service, agency, place, uses, refusals)
SELECT * FROM unnest(%(days)s::date[], %(services)s::text[], %(agencies)s::text[],
                     %(places)s::text[], %(uses)s::bigint[], %(refusals)s::bigint[])
ON CONFLICT (day, service, agency, place) DO UPDATE
SET uses = insight_usage.uses + EXCLUDED.uses, refusals = insight_usage.refusals + EXCLUDED.refusals
