"""Count the figures of a whole history anew, apart from the database, and compare."""

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from citycard.infra.database import rows
from citycard.insight.counting import Key
from citycard.insight.history_writing import figures_version, history_months
from citycard.insight.visits import month_of, number_of
from citycard.kernel.findings import Finding

MEASURES = ("uses", "people", "new", "days", "interval")
"""What is counted from history, as ``insight_count`` names it."""


def count_history(*, directory: Path, by_agency: bool = True) -> dict[Key, int]:
    """Count a history's figures exactly, by DuckDB; needs the ``analytics`` extra.

    :param by_agency: also those of each agency, not only of a service's agencies together
    """
    import ibis

    files = history_months(directory=directory)
    if not files:
        return {}
    engine = ibis.duckdb.connect()
    try:
        engine.raw_sql("SET preserve_insertion_order = false")
        months = {
            number_of(_first_day(it.month)): engine.read_parquet(directory / it.file)
            for it in files
        }
        return {
            (row["service"], month_of(row["month"]), row["what"], row["agency"], row["key"]): row[
                "n"
            ]
            for found in measure(months, by_agency=by_agency, keep=keeper(engine))
            for row in found.to_pyarrow().to_pylist()
        }
    finally:
        engine.disconnect()


_numbers = itertools.count()


def keeper(engine: Any) -> Callable[[Any], Any]:
    """Let an engine keep a step as a table of its own session."""
    return lambda step: engine.create_table(f"kept_{next(_numbers)}", step, temp=True)


def measure(
    months: Mapping[int, Any], *, by_agency: bool, keep: Callable[[Any], Any]
) -> Iterator[Any]:
    """Yield each figure's expression over a history.

    People are found month by month, so that a month's are held in memory and not a year's.
    """
    import ibis

    from citycard.insight import history_measures as figures

    everywhere = None
    for apart in (False, True) if by_agency else (False,):
        about = {"by_agency": apart}
        people = ibis.union(
            *[keep(figures.people(taps, month=month, **about)) for month, taps in months.items()]
        )
        patterns = keep(figures.patterns(people))
        everywhere = people if everywhere is None else everywhere
        yield ibis.union(
            *[figures.uses(taps, month=month, **about) for month, taps in months.items()]
        )
        yield figures.distinct_people(patterns)
        yield figures.frequency(patterns)
        yield figures.interval(patterns)
        yield figures.new_people(people, everywhere)


def history_differs(*, directory: Path) -> list[Finding]:
    """Find figures kept that a count of the history doesn't confirm, and months written before
    their figures changed.

    A first use is right only where history begins with the first month that has figures.
    """
    months = history_months(directory=directory)
    stale = [it for it in months if it.version != figures_version(month=_first_day(it.month))]
    found = [
        Finding(check="insight.history", about=it.month, says="its figures changed since")
        for it in stale
    ]
    counted = count_history(directory=directory)
    fresh = {_first_day(it.month) for it in months} - {_first_day(it.month) for it in stale}
    kept = {
        (row.service, row.month, row.what, row.agency, row.key): row.n
        for row in rows(
            "SELECT service, month, what, agency, key, n FROM insight_count"
            " WHERE month = ANY(%s) AND what = ANY(%s)",
            [sorted(fresh), list(MEASURES)],
        )
    }
    for key in sorted({*kept, *(it for it in counted if it[1] in fresh)}):
        if counted.get(key, 0) != kept.get(key, 0):
            found.append(_difference(key, kept.get(key, 0), counted.get(key, 0)))
    return found


def _difference(key: Key, kept: int, counted: int) -> Finding:
    service, month, what, agency, number = key
    return Finding(
        check=f"insight.history.{what}",
        about=f"{service} at {agency or 'all agencies'} in {month:%Y-%m}, {number}",
        says=f"{kept} are kept, history says {counted}",
    )


def _first_day(month: str) -> dt.date:
    return dt.date.fromisoformat(f"{month}-01")
