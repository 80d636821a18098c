INSERT INTO insight_person_day (day, service, agency, pseudonym, uses)
SELECT * FROM unnest(%(days)s::date[], %(services)s::text[], %(agencies)s::text[],
                     %(pseudonyms)s::bytea[], %(uses)s::bigint[])
ON CONFLICT (agency, service, day, pseudonym) DO UPDATE
SET uses = insight_person_day.uses + EXCLUDED.uses
