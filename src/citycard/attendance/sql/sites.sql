-- Where such services are used: known before the taps are read, what is of other places is passed over tap by tap.
SELECT site_id FROM pub.tap_sites WHERE service = ANY (%(services)s::text[])
