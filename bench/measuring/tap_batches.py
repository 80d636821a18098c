"""Large batches through the one write path, two programs, beside COPY of the same rows."""

import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from bench.measuring import residents
from bench.measuring.city import BenchCity, bench_city
from bench.measuring.copying import AT_ONCE, Copied, copied
from bench.measuring.figures import Figure, Measured

CARDS = 20_000
READERS = 2_000
BATCH = 5_000
PROGRAMS = 2


def measure(full: bool, console: Console) -> Measured:
    """Measure ``batches_vs_copy`` and ``taps_bytes_per_tap``: taps alone, without what follows."""
    batches = 60 if full else 12
    with bench_city() as city:
        with console.status(f"{CARDS:,} residents with cards"):
            residents.make_residents(CARDS)
        readers = residents.make_plain_readers(READERS, name="batch", service="sports-visit")
        city.owner_sql("ANALYZE")
        with console.status(f"{PROGRAMS} programs, {batches} batches of {BATCH:,} each"):
            per_s = _programs(city, readers, batches)
        size = _size(city)
        with console.status("COPY of the same rows"):
            copy = _copy(city)
        [(stored,)] = city.owner_sql("SELECT count(*) FROM taps_tap")
        assert stored == PROGRAMS * batches * BATCH, f"{stored} stored"
        said = (
            f"{PROGRAMS} programs, {BATCH:,} taps a batch, {READERS:,} readers: {per_s:,.0f}/s ÷"
            f" the same rows into a table with the same indexes: {copy}"
        )
        figures = [
            Figure(name="batches_per_s", value=per_s, unit="taps/s", reference=said, aim=40_000),
            Figure(
                name="batches_vs_copy",
                value=per_s / copy.one,
                unit="ratio",
                reference=said,
                aim=0.25,
            ),
            Figure(
                name="taps_bytes_per_tap",
                value=size / stored,
                unit="bytes",
                reference=f"all tables and indexes of taps, {stored:,} taps",
                aim=300.0,
                at_least=False,
            ),
        ]
        load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
        said = f"{CARDS:,} cards; no points, no ride, no sale; load average at the end {load}"
        return Measured(figures=figures, conditions=city.conditions() | {"batches": said})


def _programs(city: BenchCity, readers: residents.Readers, batches: int) -> float:
    """Run the programs side by side, each with readers of its own."""
    running = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bench.measuring.batch_load",
                str(batches),
                str(BATCH),
                str(CARDS),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=city.environment,
            cwd=Path(__file__).resolve().parents[2],
        )
        for _ in range(PROGRAMS)
    ]
    for n, program in enumerate(running):
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(",".join(map(str, readers.ids[n::PROGRAMS])) + "\n")
        program.stdin.flush()
    for program in running:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    started = time.perf_counter()
    for program in running:
        program.communicate("go\n")
    lasted = time.perf_counter() - started
    assert not any(program.returncode for program in running), "a program failed"
    return PROGRAMS * batches * BATCH / lasted


def _size(city: BenchCity) -> int:
    [(size,)] = city.owner_sql(
        "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class"
        " WHERE relname LIKE 'taps\\_%' AND relkind = 'r'"
    )
    return int(size)


def _copy(city: BenchCity) -> Copied:
    city.owner_sql(
        "CREATE TABLE bench_copy (LIKE taps_tap INCLUDING ALL) PARTITION BY RANGE (local_month)"
    )
    city.owner_sql("CREATE TABLE bench_copy_all PARTITION OF bench_copy DEFAULT")
    halves = [f"SELECT * FROM taps_tap WHERE reader_id % 2 = {n}" for n in range(AT_ONCE)]
    return copied(city, halves=halves, into="bench_copy")
