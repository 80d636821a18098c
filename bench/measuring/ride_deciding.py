"""From stored taps to stored, priced rides: a month of a city, beside COPY of the same rows."""

import contextlib
import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from bench.measuring.city import BenchCity, bench_city
from bench.measuring.copying import AT_ONCE, Copied, copied
from bench.measuring.figures import Figure, Measured

MONTH = dt.date(2026, 3, 1)
NOW = dt.datetime(2026, 4, 1, 2, tzinfo=dt.UTC)
RIDES_A_PERSON = 17
PROGRAMS = 2
PART = 40_000
ROUNDS = 2
_HERE = Path(__file__)
_TABLES = (
    "fares_ride, fares_decision, fares_month, fares_month_card, fares_difference, infra_journal"
)
_AS_CHARGED = """
UPDATE fares_reading f
SET charged_ntd = r.stored_ntd + r.cash_ntd + CASE WHEN r.seq % 100 = 0 THEN 3 ELSE 0 END,
    points_taken = r.points
FROM fares_ride r
WHERE r.local_month = f.local_month AND r.card_key = f.card_key AND r.alighted_at = f.at
  AND r.ended <> 2 AND f.leg > 0
"""


def measure(full: bool, console: Console) -> Measured:
    """Measure ``rides_per_s`` and ``rides_vs_copy`` on a month of Taoyuan."""
    rides = 5_000_000 if full else 600_000
    with bench_city(city="taoyuan") as city:
        with console.status(f"{rides:,} rides as devices tell them"):
            riders = _make(city, rides)
        with console.status("what the devices charged"):
            _decide(city, riders)
            _charge(city)
        runs, copies = [], []
        for n in range(ROUNDS):
            with console.status(f"deciding, round {n + 1}"):
                _empty(city)
                runs.append(_decide(city, riders))
            with console.status(f"COPY of the same rows, round {n + 1}"):
                copies.append(_copy(city))
        _prove(city, runs)
        return _figures(city, runs, copies)


def _make(city: BenchCity, rides: int) -> list[int]:
    people = rides // RIDES_A_PERSON
    asked = {"people": people, "rides": rides, "month": MONTH}
    statements = _HERE.with_name("ride_city.sql").read_text(encoding="utf-8")
    with psycopg.connect(city.cluster.owner_url(), cursor_factory=psycopg.ClientCursor) as to:
        to.execute(statements.encode(), asked)
    city.owner_sql_alone("CHECKPOINT")
    city.owner_sql("ANALYZE")
    found = city.owner_sql(
        "SELECT DISTINCT CASE WHEN card_key >= 4611686018427387904 THEN -card_key ELSE card_key END"
        " FROM fares_reading"
    )
    return sorted(rider for (rider,) in found)


def _charge(city: BenchCity) -> None:
    """Let devices have charged what the rule says; one in a hundred three dollars more."""
    city.owner_sql("ANALYZE fares_ride")
    city.owner_sql(_AS_CHARGED)
    with psycopg.connect(city.cluster.owner_url(), autocommit=True) as to:
        to.execute("VACUUM FULL ANALYZE fares_reading")


def _empty(city: BenchCity) -> None:
    city.owner_sql(f"TRUNCATE {_TABLES}")
    city.owner_sql_alone("CHECKPOINT")


def _decide(city: BenchCity, riders: list[int]) -> dict[str, Any]:
    """Have each program decide its share; they begin together."""
    programs = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.measuring.ride_load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=city.environment | {"CITYCARD_DB_POOL": "0"},
            cwd=_HERE.resolve().parents[2],
        )
        for _ in range(PROGRAMS)
    ]
    with _ended(programs):
        for n, program in enumerate(programs):
            orders = {
                "riders": riders[n::PROGRAMS],
                "month": MONTH.isoformat(),
                "now": NOW.isoformat(),
                "part": PART,
            }
            _say(program, json.dumps(orders))
        for program in programs:
            assert _hear(program) == "ready"
        began = time.perf_counter()
        for program in programs:
            _say(program, "go")
        told = [json.loads(_hear(program)) for program in programs]
        s = time.perf_counter() - began
    rides = sum(one["rides"] for one in told)
    cpu_s = sum(one["cpu_s"] for one in told)
    return {"rides": rides, "per_s": rides / s, "client_us": cpu_s / rides * 1e6}


def _copy(city: BenchCity) -> Copied:
    city.owner_sql("DROP TABLE IF EXISTS bench_copy")
    city.owner_sql("CREATE TABLE bench_copy (LIKE fares_ride INCLUDING ALL)")
    halves = [f"SELECT * FROM fares_ride WHERE abs(rider % 2) = {n}" for n in range(AT_ONCE)]
    return copied(city, halves=halves, into="bench_copy")


def _prove(city: BenchCity, runs: list[dict[str, Any]]) -> None:
    """Every ride stands once, and its money adds up: or there is no figure."""
    from citycard.fares import api as fares

    [(stored, identities)] = city.owner_sql(
        "SELECT count(*), count(DISTINCT (reader_id, epoch, seq)) FROM fares_ride"
    )
    assert stored == identities == runs[-1]["rides"], "a ride is lost, or stands twice"
    wrong = [one for one in fares.verify() if one.check != "fares.reading_is_a_tap"]
    assert not wrong, wrong[:3]


def _figures(city: BenchCity, runs: list[dict[str, Any]], copies: list[Copied]) -> Measured:
    per_s = sum(run["per_s"] for run in runs) / len(runs)
    copy = sum(one.one for one in copies) / len(copies)
    each = ", ".join(f"{run['per_s']:,.0f}" for run in runs)
    of_copy = "; ".join(map(str, copies))
    [(differ, in_points)] = city.owner_sql(
        "SELECT (SELECT count(*) FROM fares_difference),"
        " (SELECT count(*) FROM fares_ride WHERE points > 0)"
    )
    figures = [
        Figure(
            name="rides_per_s",
            value=per_s,
            unit="rides/s",
            reference=f"two programs and the server on the same cores: {each};"
            f" {runs[-1]['client_us']:.1f} µs of a program's processor time a ride",
            aim=250_000,
        ),
        Figure(
            name="rides_vs_copy",
            value=per_s / copy,
            unit="ratio",
            reference=f"÷ the same rows into the same table: {of_copy}",
        ),
        Figure(
            name="rides_vs_two_copies",
            value=per_s / (sum(one.two for one in copies) / len(copies)),
            unit="ratio",
            reference="÷ two COPYs at once, which take both cores",
        ),
    ]
    said = (
        f"{runs[-1]['rides']:,} rides of Taoyuan, {differ:,} differ, {in_points:,} take points;"
        " pairing, holders, rights, allowance, pricing, comparing, storing, differences, events;"
        " points are posted by a follower, not here"
    )
    return Measured(figures=figures, conditions=city.conditions() | {"rides": said})


@contextlib.contextmanager
def _ended(programs: "list[subprocess.Popen[str]]") -> Iterator[None]:
    try:
        yield
    finally:
        for program in programs:
            if program.poll() is None and program.stdin is not None:
                program.stdin.close()
            try:
                program.wait(timeout=15)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def _say(program: "subprocess.Popen[str]", line: str) -> None:
    assert program.stdin is not None
    program.stdin.write(line + "\n")
    program.stdin.flush()


def _hear(program: "subprocess.Popen[str]") -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()
