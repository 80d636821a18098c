"""Count a month anew from its taps: after a mistake in counting, the figures are rebuilt, not
patched."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator

import numpy as np

from citycard.infra.database import execute, rows
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.insight import storing
from citycard.insight.columns import Records
from citycard.insight.counting import Key, count_uses, visits_by_month
from citycard.insight.pseudonyms import pseudonyms
from citycard.insight.reading import read_taps
from citycard.insight.tallying import PEOPLE, tally
from citycard.insight.visits import FIRST, NEW, VISIT, is_in, number_of, together

_AT_ONCE = 500_000
"""How many taps are held in memory."""


def recount(*, month: dt.date) -> int:
    """Replace a month's figures by a count of its taps; return how many taps were counted.

    Taps go on coming in meanwhile. Batches that the subscriber has not taken yet are left to it,
    and it waits until this is done. Who was new when is worked out anew for all months.

    :param month: first day of the local month
    """
    require_unit_of_work()
    execute("SELECT FROM insight_absorbed WHERE source = 'taps' FOR UPDATE")
    taps, uses, visits = _count(month)
    known = rows("SELECT service FROM insight_cell WHERE month = %s", [month])
    services = {row.service for row in known} | {key[0] for key in uses}
    execute("DELETE FROM insight_count WHERE month = %s AND what <> ALL(%s)", [month, list(PEOPLE)])
    storing.add_counts(uses)
    for service in sorted(services):
        replace_people(service, month, visits.get(service, np.empty(0, dtype=VISIT)))
        storing.touch({(month, service)})
    return taps


def _count(month: dt.date) -> tuple[int, Counter[Key], dict[str, Records]]:
    uses: Counter[Key] = Counter()
    parts: dict[str, list[Records]] = {}
    taps = 0
    for batches in _batches(month):
        seen = read_taps(months=[month], batches=batches)
        taps += len(seen)
        uses.update(count_uses(seen))
        for service, months in visits_by_month(seen, pseudonyms).items():
            parts.setdefault(service, []).append(months[number_of(month)])
    return taps, uses, {service: together(*found) for service, found in parts.items()}


def _batches(month: dt.date) -> Iterator[list[int]]:
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


def replace_people(service: str, month: dt.date, visits: Records) -> None:
    """Replace a month's people of a service, and say of every month anew who is new in it."""
    agencies = storing.agencies_of_places(service)
    known = rows("SELECT month FROM insight_cell WHERE service = %s", [service])
    seen = np.empty(0, dtype=np.uint64)
    firsts = []
    for each in sorted({month, *(row.month for row in known)}):
        kept = storing.read_visits(service, each)
        counted = together(visits if each == month else kept)
        counted["days"][~is_in(counted["who"], seen)] |= NEW
        if each == month or not np.array_equal(kept, counted):
            _write(service, each, counted, agencies)
        new = np.unique(counted["who"][counted["days"] >= NEW])
        firsts.append(np.empty(len(new), dtype=FIRST))
        firsts[-1]["who"], firsts[-1]["month"] = new, number_of(each)
        seen = np.union1d(seen, new)
    found = np.concatenate(firsts)
    execute("DELETE FROM insight_first WHERE service = %s", [service])
    storing.write_firsts(service, found[np.argsort(found["who"])])


def _write(service: str, month: dt.date, visits: Records, agencies: dict[int, str]) -> None:
    about = [service, month]
    execute("DELETE FROM insight_visits WHERE service = %s AND month = %s", about)
    execute(
        "DELETE FROM insight_count WHERE service = %s AND month = %s AND what = ANY(%s)",
        [*about, list(PEOPLE)],
    )
    storing.write_visits(service, month, visits)
    counts = tally(visits, agencies)
    storing.add_counts(
        {(service, month, what, agency, key): n for (what, agency, key), n in counts.items()}
    )
    storing.touch({(month, service)})
