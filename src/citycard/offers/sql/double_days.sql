-- Each card and day that was let in free though the card's first day was another; and where, on both days.
SELECT d.card_id, c.medium, d.first_day, d.day,
       d.venues AS double_venues, d.times AS double_times,
       s.venues AS free_venues, s.times AS free_times,
       (SELECT jsonb_object_agg(n.number_kind, n.number)::text FROM pub.card_numbers n
        WHERE n.card_id = d.card_id) AS numbers
FROM (SELECT v.card_id, v.first_day, v.day, array_agg(v.venue ORDER BY v.at, v.venue) AS venues,
             array_agg(v.at ORDER BY v.at, v.venue) AS times
      FROM (SELECT e.card_id, f.day AS first_day, e.day, e.venue, min(e.at) AS at
            FROM offers_entry e JOIN offers_first_day f ON f.offer = e.offer AND f.card_id = e.card_id
            WHERE e.offer = %(offer)s AND e.price_class = ANY(%(first)s::text[]) AND e.day <> f.day
            GROUP BY e.card_id, f.day, e.day, e.venue) v
      GROUP BY v.card_id, v.first_day, v.day
      ORDER BY v.day DESC, v.card_id LIMIT %(limit)s) d
JOIN pub.cards c ON c.card_id = d.card_id
CROSS JOIN LATERAL (
    SELECT array_agg(v.venue ORDER BY v.at, v.venue) AS venues, array_agg(v.at ORDER BY v.at, v.venue) AS times
    FROM (SELECT e.venue, min(e.at) AS at FROM offers_entry e
          WHERE e.offer = %(offer)s AND e.card_id = d.card_id AND e.day = d.first_day GROUP BY e.venue) v) s
ORDER BY d.day DESC, d.card_id
