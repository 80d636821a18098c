INSERT INTO insight_person_month (month, service, agency, place, pseudonym, uses)
SELECT * FROM unnest(%(days)s::date[], %(services)s::text[], %(agencies)s::text[],
                     %(places)s::text[], %(pseudonyms)s::bytea[], %(uses)s::bigint[])
ON CONFLICT (agency, service, month, place, pseudonym) DO UPDATE
SET uses = insight_person_month.uses + EXCLUDED.uses
