-- Sessions that hang or were released, and what a company's file says of the change of the purse that would be
-- theirs.
SELECT s.id, f.ntd, f.terminal, f.purse_after, f.counter, f.reference,
       f.ntd = s.ntd AND f.terminal = s.terminal AS written
FROM redemptions_session s
JOIN redemptions_company_line f ON f.card_id = s.card_id AND f.counter = s.counter_before + 1
WHERE s.way = 'card' AND f.day >= (s.writing_at AT TIME ZONE %(zone)s)::date - 2
  AND (s.state IN ('writing', 'disputed')
       OR (s.state = 'released' AND s.ruled IS NULL AND s.ended_at >= %(since)s
           AND f.ntd = s.ntd AND f.terminal = s.terminal
           AND NOT EXISTS (SELECT FROM redemptions_evidence e
                           WHERE e.session_id = s.id AND e.source = 'file')
           AND NOT EXISTS (SELECT FROM redemptions_session o
                           WHERE o.way = 'card' AND o.card_id = s.card_id AND o.id <> s.id
                             AND o.counter_before = s.counter_before AND o.state <> 'released')))
ORDER BY s.id, f.at LIMIT %(limit)s
