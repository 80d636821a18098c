"""What must always be true of accounts; ``citycard verify`` asks."""

from citycard.identity.personas import personas_offered
from citycard.infra.database import rows, scalar
from citycard.kernel.findings import Finding


def verify() -> list[Finding]:
    """Prove that levels rest on somebody we know, and that only a demo has personas."""
    findings = [
        Finding(
            check="identity.level",
            about=f"account {one.id}",
            says=f"is of level {one.level}, but of no member we know",
        )
        for one in rows(
            "SELECT id, level FROM identity_account"
            " WHERE kind = 'resident' AND level >= 2 AND member_id IS NULL ORDER BY id LIMIT 100"
        )
    ]
    personas = scalar("SELECT count(*) FROM identity_persona")
    if personas and not personas_offered():
        says = f"{personas} personas stand in an instance that is no demo"
        findings.append(Finding(check="identity.personas", about="personas", says=says))
    return findings
