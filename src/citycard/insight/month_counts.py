"""What was counted for a service's month, for an agency or several together."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from citycard.infra.database import rows
from citycard.insight import storing
from citycard.insight.figures import Counts
from citycard.insight.keeping import until_changed
from citycard.insight.tallying import EVERYWHERE, PEOPLE, tally

_TOGETHER = "together"
"""Stands for the agencies asked for, counted as one."""

Found = dict[tuple[str, str, int], int]
"""Counts by (what, agency, key)."""


def counts_of(*, agencies: Sequence[str], service: str, month: dt.date) -> Counts:
    """Return the counts of one service's month at some agencies."""
    found = _kept(agencies, service, month)
    people = _people(agencies, service, month, found)
    place_of = _places(service)
    uses_by_day = _by_key(found, "day_uses", agencies)
    return Counts(
        uses_by_place=_by_place(found, "place_uses", agencies, place_of),
        people_by_place=_by_place(found, "place_people", agencies, place_of),
        uses_by_day={month.replace(day=day): n for day, n in uses_by_day.items()},
        people_by_day={
            month.replace(day=day): n for day, n in _by_key(people, "day_people").items()
        },
        days_of_use=_by_key(people, "days"),
        refusals=sum(_by_key(found, "day_refusals", agencies).values()),
        new_people=sum(_by_key(people, "new").values()),
        intervals=_by_key(people, "interval"),
    )


def totals_of(
    *, agencies: Sequence[str], service: str, newest: dt.date, count: int
) -> list[tuple[dt.date, int, int]]:
    """Return (month, uses, people) of months with any people, oldest first."""
    found = rows(_TOTALS, {"service": service, "newest": newest, "count": count})
    by_month: dict[dt.date, Found] = {}
    for row in found:
        by_month.setdefault(row.month, {})[row.what, row.agency, 0] = row.n
    totals = []
    for month, counts in sorted(by_month.items()):
        people = _people(agencies, service, month, counts)
        uses = sum(_by_key(counts, "uses", agencies).values())
        totals.append((month, uses, sum(_by_key(people, "people").values())))
    return [total for total in totals if total[2]]


_TOTALS = """
SELECT month, what, agency, n FROM insight_count
WHERE service = %(service)s AND what IN ('uses', 'people')
  AND month > (%(newest)s::date - make_interval(months => %(count)s)) AND month <= %(newest)s
"""


def _kept(agencies: Sequence[str], service: str, month: dt.date) -> Found:
    """Return what is kept of each agency, and how many people came to any."""
    found = rows(
        """
        SELECT what, agency, key, n FROM insight_count
        WHERE service = %(service)s AND month = %(month)s
          AND (agency = ANY(%(agencies)s) OR what = 'people')
        """,
        {"service": service, "month": month, "agencies": [*agencies, EVERYWHERE]},
    )
    return {(row.what, row.agency, row.key): row.n for row in found}


def _people(agencies: Sequence[str], service: str, month: dt.date, kept: Found) -> Found:
    """Return different people of the agencies together.

    One agency's, and all agencies', are kept; of some of them together people are counted here.
    """
    with_people = {agency for what, agency, _ in kept if what == "people"} - {EVERYWHERE}
    asked = with_people & set(agencies)
    if not asked:
        return {}
    if len(asked) == 1 or asked == with_people:
        scope = next(iter(asked)) if len(asked) == 1 else EVERYWHERE
        return {key: n for key, n in kept.items() if key[1] == scope and key[0] in PEOPLE}
    together = tuple(sorted(asked))
    return until_changed(
        ("people", service, month, together),
        lambda: _counted(together, service, month),
        month=month,
        service=service,
    )


def _counted(agencies: Sequence[str], service: str, month: dt.date) -> Found:
    known = storing.places_of_agencies(service)[service]
    places = [place for agency in agencies for place in known.get(agency, ())]
    counts = tally(storing.read_visits(service, month, places), {_TOGETHER: places})
    return {key: n for key, n in counts.items() if key[1] == _TOGETHER}


def _by_key(found: Found, what: str, agencies: Iterable[str] | None = None) -> dict[int, int]:
    """Return counts by key, of some agencies or of all that were found, added up."""
    asked = None if agencies is None else set(agencies)
    sums: dict[int, int] = {}
    for (each, agency, key), n in found.items():
        if each == what and (asked is None or agency in asked):
            sums[key] = sums.get(key, 0) + n
    return sums


def _by_place(
    found: Found, what: str, agencies: Sequence[str], place_of: dict[int, tuple[str, str]]
) -> dict[tuple[str, str], int]:
    return {place_of[key]: n for key, n in _by_key(found, what, agencies).items()}


def _places(service: str) -> dict[int, tuple[str, str]]:
    found: list[Any] = rows(
        "SELECT id, agency, place FROM insight_place WHERE service = %s", [service]
    )
    return {row.id: (row.agency, row.place) for row in found}
