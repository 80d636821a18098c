"""The house's auditor asks: does every delivery have somebody who carries it?"""

from citycard.infra import outbox
from citycard.infra.database import scalar
from citycard.kernel.findings import Finding
from citycard.notify.telling import TOPIC_OF


def verify() -> list[Finding]:
    """Find deliveries that no letter carries, and letters that carry none."""
    return [finding for channel in TOPIC_OF for finding in _carried(channel)]


def _carried(channel: str) -> list[Finding]:
    letters = sum(outbox.counts().get(TOPIC_OF[channel], {}).values())
    deliveries = scalar(
        "SELECT count(*) FROM notify_delivery"
        " WHERE channel = %s AND state IN ('waiting', 'failed')",
        [channel],
    )
    if letters == deliveries:
        return []
    says = f"{deliveries} deliveries have not arrived, but {letters} letters are kept for them"
    return [Finding(check="notify.deliveries", about=channel, says=says)]
