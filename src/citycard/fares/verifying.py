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
    (
        "fares.statement_is_its_lines",
        """
        SELECT to_char(s.closing_month, 'YYYYMM')::integer AS closing, s.version, s.operator
        FROM fares_statement s
        LEFT JOIN LATERAL (
            SELECT sum(l.due_micro) AS due, sum(l.collected_micro) AS collected,
                   sum(l.points) AS points, sum(p.micro) AS subsidised
            FROM fares_statement_line l
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(x.value::bigint), 0) AS micro
                FROM jsonb_each_text(l.subsidies) x) p
            WHERE (l.closing_month, l.version, l.month, l.operator)
                = (s.closing_month, s.version, s.month, s.operator)) l ON true
        WHERE (s.due_micro, s.collected_micro, s.points, s.subsidised_micro)
            IS DISTINCT FROM (l.due, l.collected, l.points, l.subsidised)
        """,
        "An operator's statement is not the sum of its lines.",
    ),
    (
        "fares.statement_is_booked",
        """
        WITH standing AS (
            SELECT f.month, f.version FROM fares_closing f
            JOIN pub.ledger_closings c ON c.month = f.month AND c.version = f.version
                AND c.reopened_at IS NULL
        ), booked AS (
            SELECT s.month, t.unit, t.operator, sum(t.points)::bigint AS points
            FROM standing s CROSS JOIN LATERAL (
                SELECT unit, to_code AS operator, amount AS points FROM pub.ledger_transfers
                WHERE booked_month = s.month AND to_class = 'partner' AND starts_with(ref, 'ride:')
                UNION ALL
                SELECT unit, from_code, -amount FROM pub.ledger_transfers
                WHERE booked_month = s.month AND from_class = 'partner'
                  AND starts_with(ref, 'ride:')) t
            GROUP BY 1, 2, 3
        ), told AS (
            SELECT b.closing_month AS month, b.operator, b.booked FROM fares_statement_booking b
            JOIN standing s ON s.month = b.closing_month AND s.version = b.version
        )
        SELECT to_char(coalesce(t.month, b.month), 'YYYYMM')::integer AS closing,
               coalesce(t.operator, b.operator) AS operator,
               coalesce(t.booked, 0) AS told, coalesce(b.points, 0) AS booked
        FROM told t FULL JOIN booked b ON b.month = t.month AND b.operator = t.operator
        WHERE coalesce(t.booked, 0) <> coalesce(b.points, 0)
        """,
        "An operator was told other points than the month's books have for its rides.",
    ),
    (
        "fares.statement_carries_over",
        """
        SELECT to_char(b.closing_month, 'YYYYMM')::integer AS closing, b.operator
        FROM (
            SELECT b.*, lag(b.carried) OVER (PARTITION BY b.operator ORDER BY b.closing_month)
                AS before
            FROM fares_statement_booking b
            JOIN pub.ledger_closings c ON c.month = b.closing_month AND c.version = b.version
                AND c.reopened_at IS NULL) b
        WHERE b.opening <> coalesce(b.before, 0) OR b.points <> (
            SELECT coalesce(sum(s.points), 0) FROM fares_statement s
            WHERE (s.closing_month, s.version, s.operator)
                = (b.closing_month, b.version, b.operator))
        """,
        "What a statement opens with is not what the one before carried over.",
    ),
    (
        "fares.closed_month_is_told",
        """
        SELECT to_char(c.month, 'YYYYMM')::integer AS closing, c.version
        FROM pub.ledger_closings c
        WHERE c.state = 'done' AND c.reopened_at IS NULL
          AND EXISTS (SELECT FROM fares_ride r WHERE r.local_month = c.month)
          AND NOT EXISTS (
            SELECT FROM fares_closing f WHERE f.month = c.month AND f.version = c.version)
        """,
        "A month was closed and its operators were told nothing.",
    ),
)


def verify() -> list[Finding]:
    """Return what does not add up: a ride twice, sums that differ, differences that nobody sees."""
    return [
        Finding(check=check, about=_about(found._asdict()), says=says)
        for check, sql, says in _CHECKS
        for found in rows(sql)
    ]


def _about(facts: dict[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
