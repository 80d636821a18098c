"""The auditor's look at rides."""

from citycard.infra.database import rows
from citycard.kernel.findings import Finding

_CHECKS = (
    (
        "fares.ride_once",
        """
        SELECT reader_id, epoch, seq FROM fares_ride WHERE closed_at IS NULL
        GROUP BY 1, 2, 3 HAVING count(*) > 1
        """,
        "A ride is in force twice.",
    ),
    (
        "fares.month_adds_up",
        """
        SELECT to_char(local_month, 'YYYYMM')::integer AS month, operator_id,
               (sum(due_micro) - sum(collected_micro) - sum(difference_micro)
                - sum((SELECT coalesce(sum(s), 0) FROM unnest(subsidies) AS s)))::bigint AS differs
        FROM fares_ride WHERE closed_at IS NULL GROUP BY local_month, operator_id
        HAVING sum(due_micro) <> sum(collected_micro) + sum(difference_micro)
               + sum((SELECT coalesce(sum(s), 0) FROM unnest(subsidies) AS s))
        """,
        "A month of an operator is not what was collected, subsidised and differs.",
    ),
    (
        "fares.paid_as_said",
        """
        SELECT reader_id, epoch, seq FROM fares_ride
        WHERE closed_at IS NULL AND (stored_ntd + cash_ntd) * 1000000 <> collected_micro +
            difference_micro AND due_micro <> 0
        """,
        "What a person owes by the rule is not what was collected and what differs.",
    ),
    (
        "fares.difference_is_queued",
        """
        SELECT r.reader_id, r.epoch, r.seq FROM fares_ride r
        WHERE r.closed_at IS NULL AND r.difference_kind <> 0 AND NOT EXISTS (
            SELECT FROM fares_difference d
            WHERE d.reader_id = r.reader_id AND d.epoch = r.epoch AND d.seq = r.seq
              AND d.state <> 'gone')
        """,
        "A ride differs, and no officer will see it.",
    ),
    (
        "fares.reading_is_a_tap",
        """
        SELECT f.reader_id, f.epoch, f.seq FROM fares_reading f
        WHERE NOT EXISTS (
            SELECT FROM pub.taps t WHERE t.local_month = f.local_month AND t.reader_id = f.reader_id
              AND t.epoch = f.epoch AND t.seq = f.seq)
        """,
        "What a device said of a ride belongs to no tap.",
    ),
)


def verify() -> list[Finding]:
    """Return what does not add up: a ride twice, sums that differ, differences that nobody sees."""
    return [
        Finding(check=check, about=_about(found._asdict()), says=says)
        for check, sql, says in _CHECKS
        for found in rows(sql)
    ]


def _about(facts: dict[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
