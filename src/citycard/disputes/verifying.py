"""The auditor's look at disputes."""

from citycard.infra.database import rows
from citycard.kernel.findings import Finding

_NOT_POSTED = """
SELECT d.id FROM disputes_dispute d
WHERE d.state = 'corrected' AND d.correction LIKE 'move:%%' AND NOT EXISTS (
    SELECT FROM pub.ledger_transfers t WHERE t.key = substr(d.correction, 6)::uuid
      AND t.ref = 'dispute:' || d.id AND t.to_holder = d.member_id)
"""


def verify() -> list[Finding]:
    """Return the corrected disputes whose correction isn't in the books."""
    return [
        Finding(
            check="disputes.correction_is_posted",
            about=f"dispute {one.id}",
            says="It was answered with a correction that isn't in the books.",
        )
        for one in rows(_NOT_POSTED, [])
    ]
