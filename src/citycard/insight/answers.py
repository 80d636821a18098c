"""Counts of the answers after a use; not to be shown as they are."""

import datetime as dt
from collections import defaultdict

from citycard.infra.database import rows
from citycard.insight.figures import Answers


def answers_of(*, month: dt.date) -> dict[tuple[str, str], Answers]:
    """Return what was answered about a month's uses, by service and agency.

    :param month: first day of the month
    """
    found = rows(
        """
        SELECT service, agency, score, count(*) AS answers, count(DISTINCT pseudonym) AS people
        FROM insight_answer WHERE month = %s AND score IS NOT NULL
        GROUP BY GROUPING SETS ((service, agency, score), (service, agency))
        """,
        [month],
    )
    by_score: dict[tuple[str, str], dict[int, tuple[int, int]]] = defaultdict(dict)
    people: dict[tuple[str, str], int] = {}
    for row in found:
        if row.score is None:
            people[row.service, row.agency] = row.people
        else:
            by_score[row.service, row.agency][row.score] = (row.answers, row.people)
    return {
        account: Answers(by_score=scores, people=people[account])
        for account, scores in sorted(by_score.items())
    }
