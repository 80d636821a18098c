"""Sums over all that was counted: for programs that prove a run, never for a page."""

import datetime as dt

from citycard.infra.database import rows


def uses_by_service(*, first: dt.date, last: dt.date) -> dict[str, tuple[int, int]]:
    """Return uses and refusals of each service between two days, both included.

    Nothing is hidden here: a page or a file takes ``city_tree`` or ``service_figures``.
    """
    found = rows(
        """
        SELECT service, sum(uses)::bigint AS uses, sum(refusals)::bigint AS refusals
        FROM insight_usage WHERE day BETWEEN %s AND %s GROUP BY service ORDER BY service
        """,
        [first, last],
    )
    return {row.service: (row.uses, row.refusals) for row in found}
