"""The house's auditor asks: does each stay say what its newest version says, and who began it?"""

from citycard.infra.database import rows
from citycard.kernel.findings import Finding


def verify() -> list[Finding]:
    """Find stays that differ from their newest version, and two that cover the same minutes."""
    return [
        *(
            Finding(
                check="attendance.versions",
                about=f"stay {one.id}",
                says=f"stands at version {one.version}, which says otherwise or is not kept",
            )
            for one in rows(
                """
                SELECT s.id, s.version FROM attendance_stay s
                LEFT JOIN attendance_version v ON v.stay_id = s.id AND v.version = s.version
                WHERE (v.state, v.starts_at, v.ends_at, v.word_id)
                      IS DISTINCT FROM (s.state, s.starts_at, s.ends_at, s.word_id)
                   OR EXISTS (SELECT FROM attendance_version n
                              WHERE n.stay_id = s.id AND n.version > s.version)
                ORDER BY 1 LIMIT 100
                """
            )
        ),
    ]
