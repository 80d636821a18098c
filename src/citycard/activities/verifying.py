"""Activities' own auditor: what the lists say is what the ledger paid."""

from citycard.activities.volunteering_verifying import verify_volunteering
from citycard.infra.database import rows
from citycard.kernel.findings import Finding

_PAID = """
SELECT coalesce(p.campaign_id, l.campaign_id) AS about,
       format('people got %%s by the lists, %%s by the ledger', coalesce(p.points, 0),
              coalesce(l.points, 0)) AS says
FROM (SELECT campaign_id, sum(points) AS points FROM activities_participation GROUP BY 1) p
FULL JOIN (
    SELECT c.id AS campaign_id, sum(t.amount) AS points
    FROM activities_campaign c
    JOIN pub.ledger_transfers t ON t.kind = 'campaign.award' AND t.ref = 'campaign:' || c.id
    GROUP BY 1) l ON l.campaign_id = p.campaign_id
WHERE coalesce(p.points, 0) <> coalesce(l.points, 0)
"""

_DAYS = """
SELECT d.campaign_id AS about, format('member %%s: %%s by days, %%s in all', d.member_id,
                                      sum(d.points), p.points) AS says
FROM activities_participation_day d
JOIN activities_participation p USING (campaign_id, member_id)
GROUP BY d.campaign_id, d.member_id, p.points HAVING sum(d.points) <> p.points
"""

_LINES = """
SELECT l.campaign_id AS about, format('member %%s: %%s by lines, %%s in all', l.member_id,
                                      sum(l.points), coalesce(p.points, 0)) AS says
FROM activities_line l
LEFT JOIN activities_participation p USING (campaign_id, member_id)
WHERE l.points > 0
GROUP BY l.campaign_id, l.member_id, p.points HAVING sum(l.points) > coalesce(p.points, 0)
"""

_DRAWS = """
SELECT d.id AS about, 'the list of entries is not the one that was committed to' AS says
FROM activities_draw d
WHERE d.entries_hash <> encode(sha256(convert_to(activities_draw_list(d.id), 'UTF8')), 'hex')
"""


def verify() -> list[Finding]:
    """Prove that lists and ledger agree; returns what doesn't, which should be nothing."""
    checks = {
        "activities.paid": _PAID,
        "activities.days": _DAYS,
        "activities.lines": _LINES,
        "activities.draws": _DRAWS,
    }
    found = [
        Finding(check=check, about=str(row.about), says=row.says)
        for check, sql in checks.items()
        for row in rows(sql, [])
    ]
    return found + verify_volunteering()
