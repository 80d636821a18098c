UPDATE entitlements_difference SET state = 'written', added = CASE WHEN stood <> wanted THEN coalesce(added, '{}') END
WHERE run_id = %(run)s AND member_id > %(after)s AND member_id <= %(upto)s AND state = 'open'
