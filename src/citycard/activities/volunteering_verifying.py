"""The time bank's own auditor: shifts, versions, volunteers and the ledger say the same minutes."""

from citycard.infra.database import rows
from citycard.kernel.findings import Finding

_VERSIONS = """
SELECT s.id AS about, format('%%s minutes stand, %%s were posted', s.minutes,
                             coalesce(sum(v.difference), 0)) AS says
FROM activities_volunteer_shift s LEFT JOIN activities_volunteer_version v ON v.shift_id = s.id
GROUP BY s.id HAVING s.minutes <> coalesce(sum(v.difference), 0) OR s.version <> count(v.version)
"""

_VOLUNTEERS = """
SELECT v.member_id AS about, format('%%s: %%s minutes by shifts, %%s in all', v.organiser,
                                    coalesce(sum(s.minutes), 0), v.minutes) AS says
FROM activities_volunteer v LEFT JOIN activities_volunteer_shift s USING (member_id, organiser)
GROUP BY v.member_id, v.organiser HAVING v.minutes <> coalesce(sum(s.minutes), 0)
"""

# Out of a fund's budget goes what was counted; back into it comes what a correction took away.
_LEDGER = """
SELECT coalesce(p.shift_id, s.id) AS about,
       format('%%s minutes stand, the ledger has %%s', coalesce(s.minutes, 0),
              coalesce(p.minutes, 0)) AS says
FROM activities_volunteer_shift s
FULL JOIN (
    SELECT substr(t.ref, 7)::bigint AS shift_id,
           sum(CASE WHEN t.from_class = 'budget' THEN t.amount ELSE -t.amount END) AS minutes
    FROM pub.ledger_transfers t WHERE t.kind IN ('volunteer.hours', 'volunteer.corrected')
    GROUP BY 1) p ON p.shift_id = s.id
WHERE coalesce(s.minutes, 0) <> coalesce(p.minutes, 0)
"""

_OWED = """
SELECT v.member_id AS about, format('%%s: %%s minutes owed, the ledger has %%s', v.organiser,
                                    v.owed, coalesce(l.owed, 0)) AS says
FROM activities_volunteer v
LEFT JOIN (
    SELECT CASE WHEN t.from_class = 'loss' THEN t.from_code ELSE t.to_code END AS code,
           sum(CASE WHEN t.from_class = 'loss' THEN t.amount ELSE -t.amount END) AS owed
    FROM pub.ledger_transfers t
    WHERE t.kind IN ('volunteer.hours', 'volunteer.corrected')
      AND 'loss' IN (t.from_class, t.to_class)
    GROUP BY 1) l ON l.code = 'hours:' || v.number || ':' || v.organiser
WHERE v.owed <> coalesce(l.owed, 0)
"""


def verify_volunteering() -> list[Finding]:
    """Prove that hours add up; returns what doesn't, which should be nothing."""
    checks = {
        "activities.hours_versions": _VERSIONS,
        "activities.hours_volunteers": _VOLUNTEERS,
        "activities.hours_ledger": _LEDGER,
        "activities.hours_owed": _OWED,
    }
    return [
        Finding(check=check, about=str(row.about), says=row.says)
        for check, sql in checks.items()
        for row in rows(sql, [])
    ]
