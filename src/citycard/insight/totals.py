"""Sums over all that was counted: for programs that prove a run, never for a page."""

import datetime as dt

from citycard.infra.database import rows


def uses_by_service(*, first: dt.date, last: dt.date) -> dict[str, tuple[int, int]]:
    """Return uses and refusals of each service in the months from one day's to another's.

    Nothing is hidden here: a page or a file takes ``city_tree`` or ``service_figures``.
    """
    found = rows(
        """
        SELECT service, coalesce(sum(n) FILTER (WHERE what = 'uses'), 0)::bigint AS uses,
               coalesce(sum(n) FILTER (WHERE what = 'refusals'), 0)::bigint AS refusals
        FROM insight_count
        WHERE month BETWEEN %s AND %s AND what IN ('uses', 'refusals') AND agency = ''
        GROUP BY service ORDER BY service
        """,
        [first.replace(day=1), last],
    )
    return {row.service: (row.uses, row.refusals) for row in found}
