UPDATE entitlements_run
SET state = %(state)s,
    left_over = CASE WHEN %(state)s IN ('carried_out', 'undone')
                     THEN (SELECT count(*) FROM entitlements_difference d
                           WHERE d.run_id = %(run)s AND d.state <> 'due') ELSE 0 END,
    previewed_at = CASE WHEN %(state)s = 'previewed' THEN %(now)s::timestamptz ELSE previewed_at END,
    carried_out_at = CASE WHEN %(state)s = 'carried_out' THEN %(now)s::timestamptz ELSE carried_out_at END,
    carried_out_by = CASE WHEN %(state)s = 'carrying_out' THEN %(actor)s::text ELSE carried_out_by END,
    undone_at = CASE WHEN %(state)s = 'undone' THEN %(now)s::timestamptz ELSE undone_at END,
    undone_by = CASE WHEN %(state)s = 'undoing' THEN %(actor)s::text ELSE undone_by END
WHERE id = %(run)s
