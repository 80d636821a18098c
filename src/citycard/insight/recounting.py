"""Count a month anew from its taps: after a mistake in counting, the figures are rebuilt, not
patched."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from citycard.infra.database import execute, rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.insight import storing
from citycard.insight.columns import U64
from citycard.insight.counting import Key, count_uses, visits_by_month
from citycard.insight.pseudonyms import pseudonyms
from citycard.insight.reading import read_taps
from citycard.insight.shelves import firsts_of, visits_of_month
from citycard.insight.tallying import PEOPLE, tally
from citycard.insight.visits import (
    NO_VISITS,
    NOTHING,
    WEEKS,
    Visits,
    distinct,
    is_in,
    number_of,
    of_week,
    records,
    together,
    who_of,
)

_AT_ONCE = 500_000
"""How many taps are held in memory."""


Tell = Callable[[int, int], object]
"""Told how much of the work is done, and how much there is."""


def recount(*, month: dt.date, tell: Tell = lambda done, total: None) -> int:
    """Replace a month's figures by a count of its taps; return how many taps were counted.

    Taps go on coming in meanwhile. Batches that the subscriber has not taken yet are left to it,
    and it waits until this is done. Who was new when is worked out anew for all months.

    :param month: first day of the local month
    :param tell: told after each part of the taps
    """
    require_unit_of_work()
    execute("SELECT FROM insight_absorbed WHERE source = 'taps' FOR UPDATE")
    taps, uses, visits = _count(month, tell)
    known = rows("SELECT service FROM insight_cell WHERE month = %s", [month])
    services = {row.service for row in known} | {key[0] for key in uses}
    execute("DELETE FROM insight_count WHERE month = %s AND what <> ALL(%s)", [month, list(PEOPLE)])
    storing.add_counts(uses)
    for service in sorted(services):
        replace_people(service, month, visits.get(service, NO_VISITS))
    return taps


def _count(month: dt.date, tell: Tell) -> tuple[int, Counter[Key], dict[str, Visits]]:
    uses: Counter[Key] = Counter()
    parts: dict[str, list[Visits]] = {}
    taps = 0
    found = list(counted_batches(month))
    for done, batches in enumerate(found):
        tell(done, len(found))
        seen = read_taps(months=[month], batches=batches)
        taps += len(seen)
        uses.update(count_uses(seen))
        for service, months in visits_by_month(seen, pseudonyms).items():
            parts.setdefault(service, []).append(months[number_of(month)])
    tell(len(found), len(found))
    return taps, uses, {service: together(each) for service, each in parts.items()}


def counted_batches(month: dt.date) -> Iterator[list[int]]:
    """Yield the counted batches that brought taps of a month, some at a time."""
    found = rows(
        """
        SELECT t.batch_id, count(*) AS taps FROM pub.taps t
        JOIN insight_absorbed a ON a.source = 'taps' AND a.batches @> t.batch_id
        WHERE t.local_month = %s GROUP BY 1 ORDER BY 1
        """,
        [month],
    )
    batches: list[int] = []
    held = 0
    for row in found:
        batches.append(row.batch_id)
        held += row.taps
        if held >= _AT_ONCE:
            yield batches
            batches, held = [], 0
    if batches:
        yield batches


def replace_people(service: str, month: dt.date, visits: Visits) -> None:
    """Replace a month's people of a service, and count anew in every month who is new in it."""
    weeks = {week: of_week(visits, week) for week in range(WEEKS)}
    visits_of_month(service, month).replace(weeks)
    known = rows("SELECT month FROM insight_cell WHERE service = %s", [service])
    months = sorted({month, *(row.month for row in known)})
    firsts_of(service).replace({0: _firsts(service, months)})
    for each in months:
        _count_people(service, each)


def _firsts(service: str, months: Sequence[dt.date]) -> U64:
    seen = NOTHING
    for month in months:
        weeks = visits_of_month(service, month).read().values()
        who = distinct(np.concatenate([NOTHING.astype(np.uint32), *map(who_of, weeks)]))
        new = who[~is_in(who, who_of(seen))]
        seen = np.sort(np.concatenate([seen, records(new, np.uint32(number_of(month)))]))
    return seen


def _count_people(service: str, month: dt.date) -> None:
    execute(
        "DELETE FROM insight_count WHERE service = %s AND month = %s AND what = ANY(%s)",
        [service, month, list(PEOPLE)],
    )
    visits = storing.read_visits(service, month)
    counts = tally(visits, storing.places_of_agencies(service)[service])
    storing.add_counts(
        {(service, month, what, agency, key): n for (what, agency, key), n in counts.items()}
    )
    storing.touch({(month, service)})
