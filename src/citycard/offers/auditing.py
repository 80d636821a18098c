"""The auditor's look at offers."""

from citycard.infra.database import rows
from citycard.kernel.findings import Finding

_WRONG_FIRST_DAYS = """
SELECT coalesce(e.offer, f.offer) AS offer, coalesce(e.card_id, f.card_id) AS card_id
FROM (SELECT offer, card_id, min(day) AS day FROM offers_entry WHERE card_id IS NOT NULL
      GROUP BY offer, card_id) e
FULL JOIN offers_first_day f ON f.offer = e.offer AND f.card_id = e.card_id
WHERE e.day IS DISTINCT FROM f.day ORDER BY 1, 2
"""


def verify() -> list[Finding]:
    """Return the cards whose first day is not that of their earliest entry."""
    return [
        Finding(
            check="offers.first_day",
            about=f"{one.offer}, card {one.card_id}",
            says="The first day is not the day of the earliest entry.",
        )
        for one in rows(_WRONG_FIRST_DAYS)
    ]
