"""The house's auditor asks: does every delivery have somebody who carries it?"""

from citycard.infra import outbox
from citycard.infra.database import scalar
from citycard.kernel.findings import Finding
from citycard.notify.telling import EMAIL_TOPIC


def verify() -> list[Finding]:
    """Find deliveries that no letter carries, and letters that carry none."""
    letters = sum(outbox.counts().get(EMAIL_TOPIC, {}).values())
    deliveries = scalar(
        "SELECT count(*) FROM notify_delivery"
        " WHERE channel = 'email' AND state IN ('waiting', 'failed')"
    )
    if letters == deliveries:
        return []
    says = f"{deliveries} deliveries have not arrived, but {letters} letters are kept for them"
    return [Finding(check="notify.deliveries", about="email", says=says)]
