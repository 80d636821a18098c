SELECT count(DISTINCT e.card_id) AS cards,
       count(DISTINCT (e.card_id, e.day)) FILTER (
           WHERE e.price_class = ANY(%(first)s::text[]) AND e.day <> f.day) AS double_days,
       count(*) FILTER (WHERE e.price_class = ANY(%(later)s::text[]) AND e.day = f.day) AS due_back,
       coalesce(sum(e.charged_ntd) FILTER (
           WHERE e.price_class = ANY(%(later)s::text[]) AND e.day = f.day), 0) AS due_back_ntd,
       count(*) FILTER (WHERE e.card_id IS NULL) AS unknown
FROM offers_entry e LEFT JOIN offers_first_day f ON f.offer = e.offer AND f.card_id = e.card_id
WHERE e.offer = %(offer)s
