-- A message that travels has its carrier's time, another the time at which it stood in the city's own pages.
SELECT t.agency, t.service, count(*) AS told,
       count(*) FILTER (WHERE t.at > t.due_at) AS late,
       count(*) FILTER (WHERE t.at > t.due_at AND t.waits) AS waiting,
       max(extract(epoch FROM t.at - t.received_at))::float AS slowest_seconds
FROM (
    SELECT n.agency, n.service, n.received_at, n.due_at, h.handed_at IS NULL AS waits,
           coalesce(h.handed_at, %(now)s) AS at
    FROM attendance_told n
    CROSS JOIN LATERAL (
        SELECT m.state, m.handed_at FROM pub.messages_handed_over m
        WHERE m.event_key = n.event_key AND m.channel IN (n.channel, 'inbox')
        ORDER BY m.channel = n.channel DESC LIMIT 1
    ) h
    WHERE n.received_at >= %(since)s AND n.received_at < %(until)s AND h.state <> 'no_address'
      AND (%(agencies)s::text[] IS NULL OR n.agency = ANY (%(agencies)s::text[]))
) t
GROUP BY t.agency, t.service ORDER BY t.agency, t.service
