"""A full, exact recount of history beside a bare scan of the same files, both by DuckDB."""

import datetime as dt
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.measuring.figures import Figure, Measured
from citycard.insight.history_counting import MEASURES
from citycard.kernel.periods import next_month

FIRST = dt.date(2015, 9, 1)
DAYS = 490
TAPS = 60_411_624
SLICE = 12
"""The default form has every twelfth card of the city and every twelfth tap."""

_SERVICES = """
SELECT * FROM (VALUES
    ('bus-ride', 0, 47403809, 400), ('small-purchase', 47403809, 51005865, 700),
    ('tra-ride', 51005865, 54028349, 12), ('library-loan', 54028349, 56912382, 35),
    ('taipei-metro-ride', 56912382, 59523032, 120), ('bike-hire', 59523032, 59991819, 200),
    ('activity', 59991819, 60257956, 100), ('love-taxi', 60257956, 60318984, 50),
    ('parking', 60318984, 60373281, 20), ('city-fees', 60373281, 60401266, 13),
    ('volunteer-in', 60401266, 60411624, 20)) AS s(service, lowest, highest, places)
"""
_MONTH = """
COPY (SELECT DATE '{month}' + (hash(n, 5) % {days})::int AS day, service,
             'agency-' || (hash(service) % 6) AS agency,
             service || '-' || (hash(card, usual) % places) AS place,
             (hash(card, service) >> 1)::bigint AS pseudonym, n % 200 <> 0 AS served
      FROM (SELECT n, hash(n, 1) % {cards} AS card, hash(n, 2) % 60411624 AS what,
                   hash(n, 3) % 3 AS usual
            FROM range({first}, {last}) AS r(n)) t
      JOIN ({services}) s ON what >= lowest AND what < highest
      ORDER BY service, pseudonym, day)
TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""


def measure(full: bool, console: Console) -> Measured:
    """Measure ``recompute_vs_scan``: processor time, both warm, in one process of two threads."""
    directory = Path(tempfile.mkdtemp(prefix="citycard-kpi-"))
    try:
        with console.status("writing history as Parquet"):
            files = _write(directory, 1 if full else SLICE)
        with console.status("counting it anew"):
            return _measured(files)
    finally:
        shutil.rmtree(directory)


def _write(directory: Path, part: int) -> dict[dt.date, Path]:
    import duckdb

    engine = duckdb.connect(config={"threads": 2})
    files: dict[dt.date, Path] = {}
    month, written = FIRST, 0
    while (month - FIRST).days < DAYS:
        after = min(next_month(month), FIRST + dt.timedelta(days=DAYS))
        last = TAPS * (after - FIRST).days // DAYS // part
        path = directory / f"{month:%Y-%m}.parquet"
        engine.execute(
            _MONTH.format(
                month=month,
                days=(after - month).days,
                cards=726_678 // part,
                first=written,
                last=last,
                services=_SERVICES,
                path=path,
            )
        )
        files[month], month, written = path, next_month(month), last
    return files


def _measured(files: dict[dt.date, Path]) -> Measured:
    import ibis

    engine = ibis.duckdb.connect(threads=2)
    engine.raw_sql("SET preserve_insertion_order = false")
    _scan(engine, files)
    scans = [_scan(engine, files) for _ in range(3)]
    counts = [_count(engine, files) for _ in range(2)]
    scan, count = min(it[0] for it in scans), min(it[0] for it in counts)
    size = sum(path.stat().st_size for path in files.values())
    taps = scans[0][2]
    return Measured(
        figures=[
            Figure(
                name="recompute_vs_scan",
                value=count / scan,
                unit="ratio",
                reference=f"{count:.2f} s of processor time for {', '.join(MEASURES)} by service "
                f"and month ÷ {scan:.2f} s for a warm scan of every column but the place; "
                f"wall {min(it[1] for it in counts):.2f} ÷ {min(it[1] for it in scans):.2f}",
                aim=12,
                at_least=False,
            ),
            Figure(
                name="history_bytes_per_tap",
                value=size / taps,
                unit="bytes",
                reference=f"{taps:,} taps in {len(files)} files, zstd",
            ),
        ],
        conditions={"history": f"{taps:,} taps of 490 days, DuckDB with 2 threads"},
    )


def _scan(engine: Any, files: dict[dt.date, Path]) -> tuple[float, float, int]:
    history = engine.read_parquet([str(path) for path in files.values()])
    return _timed(
        lambda: (
            history.agg(
                n=history.count(),
                who=history.pseudonym.cast("float64").sum(),
                day=history.day.max(),
                service=history.service.max(),
                agency=history.agency.max(),
                served=history.served.sum(),
            )
            .to_pyarrow()
            .to_pylist()[0]["n"]
        )
    )


def _count(engine: Any, files: dict[dt.date, Path]) -> tuple[float, float, int]:
    from citycard.insight.history_counting import keeper
    from citycard.insight.history_counting import measure as expressions
    from citycard.insight.visits import number_of

    months = {number_of(month): engine.read_parquet(str(path)) for month, path in files.items()}
    return _timed(
        lambda: sum(
            found.to_pyarrow().num_rows
            for found in expressions(months, by_agency=False, keep=keeper(engine))
        )
    )


def _timed(work: Any) -> tuple[float, float, int]:
    began, wall = time.process_time(), time.perf_counter()
    found = int(work())
    return time.process_time() - began, time.perf_counter() - wall, found
