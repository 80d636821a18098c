-- Number whatever some readers stand for, or stood for once.
INSERT INTO taps_site (service, agency, place)
SELECT d.service, d.agency, d.place FROM pub.devices d WHERE d.device_id = ANY (%s::bigint[])
UNION
SELECT p.service, p.agency, p.place FROM pub.device_posts p WHERE p.device_id = ANY (%s::bigint[])
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
