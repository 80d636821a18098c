"""What must always be true of agencies; ``citycard verify`` asks."""

from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.kernel.findings import Finding

_NOT_WHERE_IT_STANDS = """
SELECT d.id FROM agencies_device d
WHERE NOT EXISTS (
    SELECT FROM agencies_device_post p
    WHERE p.device_id = d.id AND upper_inf(p.recorded) AND upper_inf(p.stood)
      AND (p.agency, p.place, p.service) = (d.agency, d.place, d.service)
      AND lower(p.stood) IS NOT DISTINCT FROM d.posted_at)
ORDER BY d.id
"""


def verify() -> list[Finding]:
    """Prove that active staff hold only roles that the city has, at agencies that it has, and that
    every device stands where its history says."""
    return [*_staff(), *_devices()]


def _devices() -> list[Finding]:
    says = "does not stand where the history of its places says"
    return [
        Finding(check="agencies.devices", about=f"device {one.id}", says=says)
        for one in rows(_NOT_WHERE_IT_STANDS)
    ]


def _staff() -> list[Finding]:
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
