"""Figures that follow the taps: what a day costs, what is kept a tap, how dashboards answer."""

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from bench.measuring.city import BenchCity, bench_city
from bench.measuring.figures import Figure, Measured

MONTH = dt.date(2016, 3, 1)
A_DAY = 122_677
BATCH = 5_000
EVENTS = 100
"""How many batches the subscriber takes at once."""

DAY = (Path(__file__).parent / "kpi_taps.sql").read_text(encoding="utf-8")


def measure(full: bool, console: Console) -> Measured:
    """Measure ``day_increment_s``, ``insight_bytes_per_tap`` and ``dashboard_p95_ms``."""
    days = 31 if full else 10
    with bench_city(city="taoyuan") as city:
        with console.status(f"{days} days of {A_DAY:,} taps"):
            _fill(city, days)
        last = 1 + (days - 1) * A_DAY // BATCH
        with console.status("figures follow"):
            bulk = _absorb(1, last)
            day = _absorb(last, 1 + days * A_DAY // BATCH)
        found = [*_of_absorbing(bulk, day, days), *_sizes(city, days), *_dashboards()]
        with console.status("the house's auditor recounts"):
            found.append(_proof())
        conditions = city.conditions()
    conditions["figures"] = (
        f"{days} days of a month, all of Taoyuan's 726,678 cards, its proportions, cards drawn "
        "evenly; processor time of program and server together"
    )
    return Measured(figures=found, conditions=conditions)


def _fill(city: BenchCity, days: int) -> None:
    from citycard.taps import api as taps

    city.owner_sql("SELECT citycard_ensure_partition('taps_tap', %s)", [MONTH])
    with psycopg.connect(
        city.cluster.owner_url(), cursor_factory=psycopg.ClientCursor
    ) as connection:
        for n in range(days):
            about = {
                "day": MONTH + dt.timedelta(days=n),
                "first": 1 + n * A_DAY,
                "accepted": int(taps.Code.ACCEPTED),
                "refused": int(taps.Code.NOT_ENTITLED),
            }
            connection.execute(DAY.encode(), about)
            connection.commit()
    city.owner_sql("ANALYZE taps_tap")


def _absorb(first: int, after: int) -> tuple[float, float]:
    """Let the figures take batches as the subscriber does; return (processor, wall) seconds."""
    from citycard.infra.journal import Announced
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.insight import api as insight

    wall, began = time.perf_counter(), time.process_time() + _server_s()
    for low in range(first, after, EVENTS):
        batches = range(low, min(low + EVENTS, after))
        with unit_of_work():
            insight.absorb_taps(
                [
                    Announced(
                        id=batch,
                        code="taps.batch.stored",
                        body={"batch_id": batch, "months": [MONTH.isoformat()]},
                        at=dt.datetime.now(dt.UTC),
                    )
                    for batch in batches
                ]
            )
    return time.process_time() + _server_s() - began, time.perf_counter() - wall


def _server_s() -> float:
    """Return the processor time of this connection's server process."""
    from citycard.infra.database import scalar

    stat = Path(f"/proc/{scalar('SELECT pg_backend_pid()')}/stat").read_text()
    parts = stat.rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / 100


def _of_absorbing(bulk: tuple[float, float], day: tuple[float, float], days: int) -> list[Figure]:
    taps = (days - 1) * A_DAY
    return [
        Figure(
            name="day_increment_s",
            value=day[0],
            unit="s",
            reference=f"{A_DAY:,} taps of day {days} of a month into all figures at once; "
            f"wall {day[1]:.2f} s",
            aim=1,
            at_least=False,
        ),
        Figure(
            name="follow_us_per_tap",
            value=1e6 * bulk[0] / taps,
            unit="µs",
            reference=f"{taps:,} taps, {BATCH:,} a batch, {EVENTS} batches at once; half a core "
            "keeps up with 40,000 taps/s at 12.5",
            aim=12.5,
            at_least=False,
        ),
    ]


def _sizes(city: BenchCity, days: int) -> list[Figure]:
    found = city.owner_sql(
        "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
        " WHERE relname LIKE 'insight\\_%%' AND relkind = 'r' ORDER BY 2 DESC",
        [],
    )
    taps = days * A_DAY
    said = ", ".join(f"{name} {size / taps:.1f}" for name, size in found[:3])
    return [
        Figure(
            name="insight_bytes_per_tap",
            value=sum(size for _, size in found) / taps,
            unit="bytes",
            reference=f"all tables and indexes of figures after {days} days: {said}; the whole "
            "city's aim is 400 a tap",
            aim=100,
            at_least=False,
        )
    ]


def _dashboards() -> list[Figure]:
    """Ask what dashboards ask, in rounds; each begins with nothing kept in the program."""
    from citycard.insight import api as insight
    from citycard.insight import keeping

    first, times = [], []
    for _ in range(3):
        keeping.forget()
        asked = [_ms(ask) for ask in _questions(insight)]
        first.append(asked[0])
        times += asked
    times.sort()
    return [
        Figure(
            name="dashboard_p95_ms",
            value=times[int(len(times) * 0.95)],
            unit="ms",
            reference=f"{len(times)} questions in three rounds: the city's tree, then each "
            f"service's month and twelve months; median {times[len(times) // 2]:.1f}",
            aim=300,
            at_least=False,
        ),
        Figure(
            name="dashboard_first_ms",
            value=max(first),
            unit="ms",
            reference="the first question after a month's figures changed: what is hidden is "
            "worked out over all of its tables",
        ),
    ]


def _ms(ask: Callable[[], Any]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def _questions(insight: Any) -> list[Callable[[], Any]]:
    from citycard.infra.database import rows

    pairs = rows("SELECT DISTINCT agency, service FROM insight_place ORDER BY 1, 2")
    found: list[Callable[[], Any]] = [lambda: insight.city_tree(month=MONTH)]
    for agency, service in pairs:
        about = {"agency": agency, "service": service}
        found.append(lambda about=about: insight.service_figures(**about, month=MONTH))
        found.append(lambda about=about: insight.month_totals(**about, newest=MONTH))
    return found


def _proof() -> Figure:
    from citycard.insight import api as insight

    began = time.perf_counter()
    findings = insight.verify()
    assert findings == [], findings[:3]
    return Figure(
        name="verify_s",
        value=time.perf_counter() - began,
        unit="s",
        reference="every figure recounted from the taps by member ids; nothing found",
    )
