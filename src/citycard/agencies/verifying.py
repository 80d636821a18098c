"""What must always be true of agencies; ``citycard verify`` asks."""

from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.kernel.findings import Finding


def verify() -> list[Finding]:
    """Prove that active staff hold only roles that the city has, at agencies that it has."""
    known = set(current_pack().table("purposes")["roles"])
    found = rows(
        "SELECT s.id, s.roles, a.active AS agency_active FROM agencies_staff s"
        " JOIN agencies_agency a ON a.code = s.agency WHERE s.active ORDER BY s.id"
    )
    findings = []
    for one in found:
        unknown = sorted(set(one.roles) - known)
        if unknown:
            findings.append(
                _finding(one.id, f"holds roles that the pack lacks: {', '.join(unknown)}")
            )
        if not one.agency_active:
            findings.append(_finding(one.id, "is active at an agency that the pack no longer has"))
    return findings


def _finding(staff_id: int, says: str) -> Finding:
    return Finding(check="agencies.staff", about=f"staff {staff_id}", says=says)
