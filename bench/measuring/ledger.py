"""The ledger's figures, one after the other on the same growing books."""

import datetime as dt
import os
import statistics
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random

from rich.console import Console

from bench.measuring import ledger_batched, pgbench
from bench.measuring.city import BenchCity, bench_city
from bench.measuring.figures import Figure, Measured
from bench.measuring.ledger_batched import Run
from bench.measuring.ledger_city import (
    BATCH,
    ISSUERS,
    LOTS,
    PEOPLE,
    UNIT,
    Purses,
    fill_month,
    make_purses,
)

SINGLE_CLIENTS = 16
SCALE = 100
ROUNDS = 2
MONTHS = 5
HERE = Path(__file__).parent
SCRIPTS = {
    HERE / "ledger_credit.sql": 5,
    HERE / "ledger_award.sql": 3,
    HERE / "ledger_redeem.sql": 2,
}


def measure(full: bool, console: Console) -> Measured:
    """Measure every figure of the ledger; ``full`` is the large form (50 M moves)."""
    with bench_city() as city:
        with console.status(f"{PEOPLE:,} people's accounts"):
            purses = make_purses(PEOPLE, 100_000 if full else 20_000)
            city.owner_sql("ANALYZE")
        figures = _Told(console)
        with console.status("batches at 1 M moves"):
            batched = _batched(city, purses, full, seed=1)
            figures.extend(_batched_figures(batched))
        with console.status("redemptions out of lots"):
            figures.append(_lots_cost(city, purses, full))
        with console.status(f"TPC-B at scale {SCALE}, and single moves"):
            figures.append(_single(city, purses, full))
        with console.status("five months of moves"):
            moves = _fill(city, full)
        with console.status(f"batches at {moves / 1e6:.0f} M moves"):
            figures.append(_growth(batched, _batched(city, purses, full, seed=2), moves))
        with console.status("balances"):
            figures.append(_balances(purses))
        with console.status("month-end"):
            figures.append(_clearing(city))
        with console.status("the auditor"):
            _prove(city)
        said = f"{PEOPLE:,} people, {ISSUERS} issuers with a fund each, {LOTS} lots a spender"
        load = ", ".join(f"{it:.1f}" for it in os.getloadavg())
        conditions = city.conditions() | {"ledger": said, "load at the end": load}
    return Measured(figures=list(figures), conditions=conditions)


class _Told(list[Figure]):
    """Figures that are told as they are found: the whole takes a quarter of an hour."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console

    def append(self, figure: Figure) -> None:
        """Add a figure and say so."""
        super().append(figure)
        self.console.print(f"{figure.name} {figure.value:,.2f} {figure.unit} ({figure.reference})")

    def extend(self, figures: Iterable[Figure]) -> None:
        """Add figures and say so."""
        for figure in figures:
            self.append(figure)


def _batched(city: BenchCity, purses: Purses, full: bool, *, seed: int) -> list[tuple[Run, float]]:
    """Run rounds of mixed batches; with each what its moves added to the tables, a move."""
    found = []
    for n in range(ROUNDS):
        city.owner_sql_alone("CHECKPOINT")
        moves, size = _moves_and_bytes(city)
        run = ledger_batched.run(
            city, purses, "mixed", batches=60 if full else 20, seed=10 * seed + n
        )
        moves_after, size_after = _moves_and_bytes(city)
        found.append((run, (size_after - size) / (moves_after - moves)))
    return found


def _moves_and_bytes(city: BenchCity) -> tuple[int, int]:
    """Return how many moves there are, and what all of the ledger's tables and indexes take."""
    [(moves, size)] = city.owner_sql(
        "SELECT (SELECT count(*) FROM ledger_transfer WHERE line = 0),"
        " sum(pg_total_relation_size(oid)) FROM pg_class"
        " WHERE relname LIKE 'ledger%' AND relkind = 'r'"
    )
    return int(moves), int(size)


def _per_s(runs: list[tuple[Run, float]]) -> float:
    return statistics.mean(run.per_s for run, _ in runs)


def _each(runs: list[tuple[Run, float]]) -> str:
    return ", ".join(f"{run.per_s:,.0f}" for run, _ in runs)


def _batched_figures(runs: list[tuple[Run, float]]) -> list[Figure]:
    run = runs[-1][0]
    found = {name: f"{count / run.moves:.1%}" for name, count in run.found.items()}
    mix = ", ".join(f"{share} {name.lower()}" for name, share in found.items())
    return [
        Figure(
            name="batched_per_s",
            value=_per_s(runs),
            unit="moves/s",
            reference=(
                f"move_columns, face and commit, {ledger_batched.CONNECTIONS} connections,"
                f" {BATCH:,} a batch: {_each(runs)}/s; {mix};"
                f" {_server_us(runs):.0f} µs of processor time a move in the server,"
                f" {run.client_us:.0f} in the load's programs"
            ),
            aim=50_000,
        ),
        Figure(
            name="bytes_per_move",
            value=statistics.mean(each for _, each in runs),
            unit="bytes",
            reference="growth of all of the ledger's tables and indexes ÷ posted moves",
            aim=300,
            at_least=False,
        ),
    ]


def _lots_cost(city: BenchCity, purses: Purses, full: bool) -> Figure:
    batches = 15 if full else 6
    plain, lots = [], []
    for n in range(ROUNDS):
        plain.append(ledger_batched.run(city, purses, "plain", batches=batches, seed=50 + n))
        lots.append(ledger_batched.run(city, purses, "lots", batches=batches, seed=60 + n))
    plain_per_s = statistics.mean(run.per_s for run in plain)
    lots_per_s = statistics.mean(run.per_s for run in lots)
    parts = lots[-1].found["parts"] / max(1, lots[-1].found["posted"])
    refused = lots[-1].found["refused"] / lots[-1].moves
    return Figure(
        name="lots_cost",
        value=plain_per_s / lots_per_s,
        unit="ratio",
        reference=(
            f"move_many from a known lot {plain_per_s:,.0f}/s ÷ spend_many {lots_per_s:,.0f}/s,"
            f" {parts:.2f} parts each, {refused:.1%} refused; both with Python objects"
        ),
        aim=3,
        at_least=False,
    )


def _single(city: BenchCity, purses: Purses, full: bool) -> Figure:
    seconds = 30.0 if full else 15.0
    pgbench.make_tpcb(city, scale=SCALE)
    [(month,)] = city.owner_sql(
        "SELECT date_trunc('month', now() AT TIME ZONE 'Asia/Taipei')::date"
    )
    variables = {"people": purses.people, "first_fund": purses.funds[0], "month": month}
    ours, theirs = [], []
    for _ in range(ROUNDS):
        cpu = ledger_batched.server_cpu_s(city)
        run = pgbench.tpcb_per_s(city, clients=SINGLE_CLIENTS, seconds=seconds)
        theirs.append(run.per_s)
        their_cpu = (ledger_batched.server_cpu_s(city) - cpu) / run.transactions * 1e6
        moves, _ = _moves_and_bytes(city)
        cpu = ledger_batched.server_cpu_s(city)
        run = pgbench.scripts_per_s(
            city, SCRIPTS, clients=SINGLE_CLIENTS, seconds=seconds, variables=variables
        )
        our_cpu = (ledger_batched.server_cpu_s(city) - cpu) / run.transactions * 1e6
        posted = _moves_and_bytes(city)[0] - moves
        assert posted >= 0.99 * run.transactions, f"{run.transactions} run, {posted} posted"
        ours.append(run.per_s)
    city.owner_sql_alone(f"DROP DATABASE {pgbench.TPCB}")
    return Figure(
        name="single_vs_tpcb",
        value=statistics.mean(ours) / statistics.mean(theirs),
        unit="ratio",
        reference=(
            f"ledger_post_one by pgbench, prepared, {SINGLE_CLIENTS} clients:"
            f" {', '.join(f'{it:,.0f}' for it in ours)}/s ÷ TPC-B at scale {SCALE}, the same"
            f" clients: {', '.join(f'{it:,.0f}' for it in theirs)}/s; the SQL function, no Python;"
            f" {our_cpu:.0f} and {their_cpu:.0f} µs of processor time in the server"
        ),
        aim=2,
    )


def _fill(city: BenchCity, full: bool) -> int:
    """Fill this month and those before it; returns how many moves there are then."""
    [(month,)] = city.owner_sql(
        "SELECT date_trunc('month', now() AT TIME ZONE 'Asia/Taipei')::date"
    )
    each = 10_000_000 if full else 1_000_000
    for _ in range(MONTHS):
        city.owner_sql("SELECT citycard_ensure_partition('ledger_transfer', %s)", [month])
        fill_month(city.cluster.owner_url(), month, each)
        month = (month - dt.timedelta(days=1)).replace(day=1)
    city.owner_sql("ANALYZE")
    return _moves_and_bytes(city)[0]


def _growth(before: list[tuple[Run, float]], after: list[tuple[Run, float]], moves: int) -> Figure:
    return Figure(
        name="growth",
        value=_per_s(after) / _per_s(before),
        unit="ratio",
        reference=(
            f"{_each(after)}/s at {moves / 1e6:.1f} M moves in {MONTHS} months ÷ {_each(before)}/s"
            f" at 1 M; {_server_us(after):.0f} and {_server_us(before):.0f} µs of processor time"
            " a move in the server"
        ),
        aim=0.85,
    )


def _server_us(runs: list[tuple[Run, float]]) -> float:
    return statistics.mean(run.server_us for run, _ in runs)


def _balances(purses: Purses) -> Figure:
    from citycard.infra.clock import city_time
    from citycard.ledger import api as ledger

    on = city_time().day(dt.datetime.now(dt.UTC))
    random, times = Random(7), []
    for n in range(1_100):
        holder = random.randint(1, purses.people)
        begun = time.perf_counter()
        ledger.balances(holders=[holder], unit=UNIT, on=on, access=None)
        entries = ledger.history(holder=holder, unit=UNIT, limit=10, access=None)
        if n >= 100:
            times.append((time.perf_counter() - begun) * 1000)
        assert entries
    times.sort()
    return Figure(
        name="balance_ms",
        value=times[int(len(times) * 0.95)],
        unit="ms",
        reference=(
            f"p95 of {len(times):,} people, balances and history by the Python faces;"
            f" median {statistics.median(times):.2f}"
        ),
        aim=4,
        at_least=False,
    )


def _clearing(city: BenchCity) -> Figure:
    """Close the earliest of the filled months, as finance officers do; papers come later."""
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.kernel.actors import SYSTEM
    from citycard.ledger import api as ledger

    [(month, moves)] = city.owner_sql(
        "SELECT booked_month, count(*) FROM ledger_transfer GROUP BY 1 ORDER BY 1 LIMIT 1"
    )
    now = dt.datetime.now(dt.UTC)
    begun = time.perf_counter()
    with unit_of_work():
        closing_id = ledger.begin_closing(
            month=month, made_by="staff:bench", reason="bench", actor=SYSTEM, now=now
        )
    with unit_of_work():
        ledger.freeze_closing(closing_id=closing_id, now=now)
    seconds = time.perf_counter() - begun
    return Figure(
        name="clearing_s",
        value=seconds * 10_000_000 / moves,
        unit="s",
        reference=(
            f"begin_closing and freeze_closing (positions, statements, standings; no papers):"
            f" {seconds:.1f} s for {moves:,} moves, scaled to 10 M"
        ),
        aim=60,
        at_least=False,
    )


def _prove(city: BenchCity) -> None:
    """Every balance is the sum of its moves, or there is no figure."""
    from citycard.ledger import api as ledger

    findings = ledger.verify()
    assert not findings, findings[:5]
