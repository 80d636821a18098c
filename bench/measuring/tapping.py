"""The gate against pgbench: one tap a request and one tap a transaction, in the same run."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.measuring import pgbench, residents
from bench.measuring.city import BenchCity, bench_city, serving
from bench.measuring.figures import Figure, Measured

CONNECTIONS = 64
CAMPAIGNS = 1
CARDS = 20_000
ROUNDS = 2
GATE = ["-m", "granian", "--interface", "asgi", "--no-ws", "--log-level", "warning"]
GATE += ["--port", "{port}", "citycard.config.gate:application"]
SCRIPT = Path(__file__).with_name("one_tap.sql")


def measure(full: bool, console: Console) -> Measured:
    """Measure ``tap_vs_pgbench``: alternate the two sides, so that both meet the same tables."""
    seconds = 20.0 if full else 6.0
    with bench_city() as city, tempfile.TemporaryDirectory() as kept:
        with console.status(f"{CARDS:,} residents with cards"):
            residents.make_residents(CARDS)
        return _measure(city, Path(kept) / "gate.log", seconds, console)


def _measure(city: BenchCity, log: Path, seconds: float, console: Console) -> Measured:
    gates: list[dict[str, Any]] = []
    limits: list[pgbench.Run] = []
    at_gate = residents.make_readers(CONNECTIONS, name="gate", campaigns=CAMPAIGNS)
    at_pgbench = residents.make_readers(CONNECTIONS, name="pgbench", campaigns=CAMPAIGNS)
    city.owner_sql("ANALYZE")
    _begin_epochs(city, at_pgbench)
    for n in range(ROUNDS):
        with console.status(f"pgbench, {CONNECTIONS} clients, round {n + 1}"):
            limits.append(_pgbench(city, at_pgbench, n, seconds))
        with (
            console.status(f"gate, {CONNECTIONS} connections, round {n + 1}"),
            serving(city, GATE, log=log) as port,
        ):
            readers = (
                at_gate
                if n == 0
                else residents.make_readers(CONNECTIONS, name=f"gate{n}", campaigns=CAMPAIGNS)
            )
            time.sleep(1.0)  # until the gate has read its readers
            gates.append(_load(city, port, readers, seconds))
    _prove(city, gates)
    return _figures(city, gates, limits)


def _begin_epochs(city: BenchCity, readers: residents.Readers) -> None:
    city.owner_sql(
        "INSERT INTO taps_reader_epoch (reader_id, epoch) SELECT unnest(%s::bigint[]), 1",
        [readers.ids],
    )


def _pgbench(city: BenchCity, readers: residents.Readers, n: int, seconds: float) -> pgbench.Run:
    month, expires_on = city.owner_sql(
        "SELECT date_trunc('month', now() AT TIME ZONE 'Asia/Taipei')::date,"
        " make_date(extract(year FROM now())::int + 2, 12, 31)"
    )[0]
    variables = {
        "cards": CARDS,
        "first_number": residents.FIRST_NUMBER,
        "first_reader": min(readers.ids),
        "seq": n * 10_000_000,
        "month": month,
        "expires_on": expires_on,
    }
    before = _count(city)
    found = pgbench.taps_per_s(
        city, SCRIPT, clients=CONNECTIONS, seconds=seconds, variables=variables
    )
    stored = _count(city) - before
    assert stored >= 0.99 * found.transactions, f"{found.transactions} run, {stored} stored"
    return found


def _load(city: BenchCity, port: int, readers: residents.Readers, seconds: float) -> dict[str, Any]:
    orders = {
        "port": port,
        "codes": readers.codes,
        "keys": readers.keys,
        "first_number": residents.FIRST_NUMBER,
        "cards": CARDS,
        "seconds": seconds,
        "warm_up_s": 2.0,
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.measuring.tap_load"],
        input=json.dumps(orders),
        capture_output=True,
        text=True,
        check=True,
        env=city.environment,
        cwd=Path(__file__).resolve().parents[2],
    )
    found: dict[str, Any] = json.loads(done.stdout)
    wrong = {code: n for code, n in found["codes"].items() if code != "200 accepted_points"}
    assert not wrong, f"the gate answered {wrong}"
    return found


def _prove(city: BenchCity, gates: list[dict[str, Any]]) -> None:
    """Every answered tap is stored, and every point stands in the ledger: or there is no figure."""
    [(stored, points)] = city.owner_sql(
        "SELECT count(*), coalesce(sum(points), 0) FROM taps_tap WHERE batch_id > 0"
    )
    answered = sum(sum(gate["codes"].values()) for gate in gates)
    assert stored == answered, f"{answered} answered, {stored} stored"
    [(all_points,)] = city.owner_sql("SELECT sum(points) FROM taps_tap")
    [(posted,)] = city.owner_sql(
        "SELECT sum(amount) FROM ledger_transfer WHERE kind = 'campaign.award'"
    )
    assert all_points == posted, f"{all_points} points given, {posted} in the ledger"
    assert points > 0


def _count(city: BenchCity) -> int:
    return int(city.owner_sql("SELECT count(*) FROM taps_tap")[0][0])


def _figures(city: BenchCity, gates: list[dict[str, Any]], limits: list[pgbench.Run]) -> Measured:
    gate = sum(one["per_s"] for one in gates) / len(gates)
    limit = sum(one.per_s for one in limits) / len(limits)
    each = ", ".join(f"{one['per_s']:,.0f}" for one in gates)
    of_pgbench = ", ".join(f"{one.per_s:,.0f}" for one in limits)
    reference = (
        f"{CONNECTIONS} connections, one tap a request: {each}/s ÷ pgbench, {CONNECTIONS} clients,"
        f" prepared, one tap a transaction: {of_pgbench}/s"
    )
    figures = [
        Figure(
            name="tap_vs_pgbench",
            value=gate / limit,
            unit="ratio",
            reference=reference,
            aim=0.5,
        ),
        Figure(name="gate_per_s", value=gate, unit="taps/s", reference=each),
        Figure(
            name="gate_p99_ms",
            value=max(one["p99_ms"] for one in gates),
            unit="ms",
            reference=f"worst of {len(gates)} rounds, closed loop",
        ),
    ]
    said = f"{CARDS:,} cards, one campaign, {CONNECTIONS} readers; {len(gates)} rounds"
    return Measured(figures=figures, conditions=city.conditions() | {"taps": said})
