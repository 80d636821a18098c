-- Sites of taps as the figures number them, new ones included: numbers, and names between marks.
WITH asked AS MATERIALIZED (
    SELECT s.site_id, s.service, s.agency, s.place, p.id
    FROM pub.tap_sites s LEFT JOIN insight_place p USING (service, agency, place)
    WHERE s.site_id = ANY(%(sites)s::integer[])
), added AS (
    INSERT INTO insight_place (service, agency, place)
    SELECT service, agency, place FROM asked WHERE id IS NULL ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING
    RETURNING id, service, agency, place
), known AS (
    SELECT a.site_id, coalesce(a.id, n.id) AS id, a.service, a.agency, a.place
    FROM asked a LEFT JOIN added n USING (service, agency, place)
)
SELECT array_agg(site_id ORDER BY site_id), array_agg(id ORDER BY site_id),
       string_agg(concat_ws(chr(31), service, agency, place), chr(30) ORDER BY site_id)
FROM known
