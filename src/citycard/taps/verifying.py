"""The auditor's look at taps."""

from citycard.infra.database import rows
from citycard.kernel.findings import Finding

_CHECKS = (
    (
        "taps.once",
        "SELECT reader_id, epoch, seq FROM taps_tap GROUP BY 1, 2, 3 HAVING count(*) > 1",
        "A tap is stored twice.",
    ),
    (
        "taps.taken_is_stored",
        """
        SELECT e.reader_id, e.epoch, (t.taken - s.stored)::bigint AS differs
        FROM taps_reader_epoch e
        LEFT JOIN LATERAL (SELECT coalesce(sum(upper(r) - lower(r)), 0) AS taken
                           FROM unnest(e.accepted) AS r) t ON true
        LEFT JOIN LATERAL (
            SELECT (SELECT count(*) FROM taps_tap WHERE reader_id = e.reader_id AND epoch = e.epoch)
                 + (SELECT count(*) FROM taps_quarantine WHERE reader_id = e.reader_id AND epoch =
                   e.epoch) AS stored) s ON true
        WHERE t.taken <> s.stored
        """,
        "A reader's taken numbers and its stored taps differ in count.",
    ),
    (
        "taps.batch_is_complete",
        """
        SELECT b.id FROM taps_batch b
        LEFT JOIN (SELECT batch_id, count(*) AS taps FROM taps_tap GROUP BY 1) t ON t.batch_id =
            b.id
        WHERE b.taps <> coalesce(t.taps, 0)
        """,
        "A batch has another number of taps than it was written with.",
    ),
    (
        "taps.points_are_posted",
        """
        SELECT t.campaign_id, t.points AS in_taps, coalesce(l.points, 0)::bigint AS in_ledger
        FROM (SELECT campaign_id, sum(points)::bigint AS points FROM taps_tap
              WHERE points > 0 GROUP BY 1) t
        LEFT JOIN (SELECT ref, sum(amount) AS points FROM pub.ledger_transfers
                   WHERE kind = 'campaign.award' GROUP BY 1) l
               ON l.ref = 'campaign:' || t.campaign_id
        WHERE t.points <> coalesce(l.points, 0)
        """,
        "What taps say they gave in a campaign is not what the ledger posted for it.",
    ),
)


def verify() -> list[Finding]:
    """Return what does not add up: a tap twice, or lost, or other points than were posted."""
    return [
        Finding(check=check, about=_about(found._asdict()), says=says)
        for check, sql, says in _CHECKS
        for found in rows(sql)
    ]


def _about(facts: dict[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
