"""Count a month anew from its taps: after a mistake in counting, the figures are rebuilt, not
patched."""

import datetime as dt

from citycard.infra.database import execute, rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.insight.absorbing import pseudonym, seen_taps
from citycard.insight.adding import add
from citycard.insight.counting import count
from citycard.kernel.periods import next_month


def recount(*, month: dt.date) -> int:
    """Replace a month's figures by a count of its taps; return how many taps were counted.

    Batches that the subscriber has not taken yet are left to it.

    :param month: first day of the local month
    """
    require_unit_of_work()
    execute("UPDATE insight_absorbed SET version = pg_current_xact_id() WHERE source = 'taps'")
    after = next_month(month)
    execute("DELETE FROM insight_usage WHERE day >= %s AND day < %s", [month, after])
    execute("DELETE FROM insight_person_day WHERE day >= %s AND day < %s", [month, after])
    execute("DELETE FROM insight_person_month WHERE month = %s", [month])
    found = rows(
        """
        SELECT t.at, t.service, t.agency, t.place, t.member_id, t.code FROM pub.taps t
        JOIN insight_absorbed a ON a.source = 'taps' AND a.batches @> t.batch_id
        WHERE t.local_month = %s
        """,
        [month],
    )
    add(count(seen_taps(found), pseudonym=pseudonym))
    return len(found)
