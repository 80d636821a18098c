"""The gate against pgbench: one tap a request and one tap a transaction, in the same run."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from bench.measuring import pgbench, residents
from bench.measuring.city import BenchCity, bench_city, serving
from bench.measuring.figures import Figure, Measured
from citycard.config.command.programs import gate_command

CONNECTIONS = 64
CARDS = 20_000
ROUNDS = 2
WORKER = ["-m", "citycard.config.command", "worker"]


class Kind(NamedTuple):
    """A sort of tap that all of a load are of."""

    name: str
    script: Path
    code: str
    said: str


POINTS = Kind(
    "points",
    Path(__file__).with_name("one_tap.sql"),
    "accepted_points",
    "card, binding and right at the tap's own time, registered in the city, a person's share of the"
    " campaign locked and capped, points posted to their lot",
)
VISITS = Kind(
    "visits",
    Path(__file__).with_name("one_visit.sql"),
    "accepted",
    "card and binding at the tap's own time, no right asked for, no points",
)


@dataclass
class Rounds:
    """What a kind of tap reached on both sides."""

    gates: list[dict[str, Any]] = field(default_factory=list)
    limits: list[pgbench.Run] = field(default_factory=list)
    rss_mb: float = 0.0
    lag_s: float = 0.0

    @property
    def per_s(self) -> float:
        """What the gate reached."""
        return float(sum(one["per_s"] for one in self.gates) / len(self.gates))

    @property
    def ratio(self) -> float:
        """What the gate reached of pgbench."""
        return self.per_s / (sum(one.per_s for one in self.limits) / len(self.limits))


def measure(full: bool, console: Console) -> Measured:
    """Measure ``tap_vs_pgbench``, the spine's figure: every tap gives points."""
    with bench_city() as city:
        found = _rounds(city, POINTS, 20.0 if full else 6.0, console)
        ratio = _ratio("tap_vs_pgbench", POINTS, found, 0.5)
        figures = [ratio, _per_s("gate", POINTS, found, None), _p99("gate", found, None)]
        return Measured(figures=figures, conditions=_conditions(city))


def measure_gate(full: bool, console: Console) -> Measured:
    """Measure the gate's figures, with those who follow the taps at work meanwhile."""
    seconds = 20.0 if full else 6.0
    with bench_city() as city:
        points = _rounds(city, POINTS, seconds, console, follow=True)
        visits = _rounds(city, VISITS, seconds, console, follow=True)
        figures = [
            _ratio("gate_vs_pgbench", POINTS, points, 1.2),
            _per_s("gate", POINTS, points, 8_000),
            _p99("gate", points, 25.0),
            _ratio("gate_visits_vs_pgbench", VISITS, visits, 1.2),
            _per_s("gate_visits", VISITS, visits, 8_000),
            _p99("gate_visits", visits, 25.0),
            _most(
                "gate_rss_mb", max(points.rss_mb, visits.rss_mb), "MB", 200.0, "VmHWM, one process"
            ),
            _most(
                "subscriber_lag_s",
                max(points.lag_s, visits.lag_s),
                "s",
                10.0,
                "age of the oldest event that waits, the slowest subscriber, worst of every second",
            ),
        ]
        return Measured(figures=figures, conditions=_conditions(city))


def _rounds(
    city: BenchCity, kind: Kind, seconds: float, console: Console, *, follow: bool = False
) -> Rounds:
    """Alternate the two sides, so that both meet the same tables."""
    if not city.owner_sql("SELECT 1 FROM cards_card LIMIT 1"):
        with console.status(f"{CARDS:,} residents with cards"):
            residents.make_residents(CARDS)
    found = Rounds()
    at_pgbench = _readers(kind, "pgbench")
    city.owner_sql("ANALYZE")
    _make_ready(city, at_pgbench)
    before = _totals(city)
    with tempfile.TemporaryDirectory() as kept:
        log = Path(kept) / "gate.log"
        for n in range(ROUNDS):
            with console.status(f"pgbench, {kind.name}, {CONNECTIONS} clients, round {n + 1}"):
                found.limits.append(_pgbench(city, kind, at_pgbench, n, seconds))
            readers = _readers(kind, f"gate{n}")
            with (
                console.status(f"gate, {kind.name}, {CONNECTIONS} connections, round {n + 1}"),
                _worker(city, log) if follow else contextlib.nullcontext(),
                serving(city, gate_command, log=log) as port,
                _watched(found) as watched,
            ):
                time.sleep(1.5)  # until the gate has read its readers
                found.gates.append(_load(city, kind, port, readers, seconds))
                watched.set()
    _prove(city, found, before)
    return found


def _readers(kind: Kind, name: str) -> residents.Readers:
    if kind is POINTS:
        return residents.make_readers(CONNECTIONS, name=name, campaigns=1)
    return residents.make_plain_readers(CONNECTIONS, name=f"{name}-plain", service="sports-visit")


def _make_ready(city: BenchCity, readers: residents.Readers) -> None:
    """Do for pgbench's readers what the city does at a reader's first tap."""
    begun = "INSERT INTO taps_reader_epoch (reader_id, epoch) SELECT unnest(%s::bigint[]), 1"
    city.owner_sql(begun, [readers.ids])
    city.owner_sql(
        "INSERT INTO taps_site (service, agency, place) SELECT DISTINCT service, agency, place"
        " FROM agencies_device WHERE id = ANY (%s) ON CONFLICT DO NOTHING",
        [readers.ids],
    )
    city.owner_sql(
        "INSERT INTO taps_number_sort (issuer, number_kind) VALUES ('easycard', 'printed')"
        " ON CONFLICT DO NOTHING"
    )


FOLLOWED_WITHIN_S = 1_800


@contextlib.contextmanager
def _worker(city: BenchCity, log: Path) -> Iterator[None]:
    """Have the city's worker follow the taps meanwhile, and nobody else's: what a round leaves is
    followed before the next, and never beside pgbench."""
    with log.open("ab") as out:
        worker = subprocess.Popen(
            [sys.executable, *WORKER],
            env=city.environment | {"CITYCARD_DEMO": "1"},
            stdout=out,
            stderr=out,
        )
    try:
        _wait_until_followed(worker)
        yield
        assert worker.poll() is None, "the worker ended before the load did"
    finally:
        worker.terminate()
        worker.wait(timeout=60)


def _wait_until_followed(worker: "subprocess.Popen[bytes]") -> None:
    """Let those who follow take what was announced before the load: it is not the load's."""
    from citycard.infra import journal
    from citycard.infra.database import give_back_connection

    until = time.monotonic() + FOLLOWED_WITHIN_S
    while (behind := max(one.seconds for one in journal.lag())) > 2:
        if worker.poll() is not None:
            raise RuntimeError("the city's worker ended")
        if time.monotonic() > until:
            raise RuntimeError(f"what was announced before the load waits for {behind:.0f} s yet")
        time.sleep(0.5)
    give_back_connection()


@contextlib.contextmanager
def _watched(found: Rounds) -> Iterator[threading.Event]:
    """Note the gate's memory and how far behind the subscribers are, every second."""
    over = threading.Event()

    def watch() -> None:
        from citycard.infra import journal
        from citycard.infra.database import give_back_connection

        while not over.wait(1.0):
            found.lag_s = max([found.lag_s, *(one.seconds for one in journal.lag())])
            found.rss_mb = max([found.rss_mb, *_gates_rss_mb()])
        give_back_connection()

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield over
    finally:
        over.set()
        watching.join(timeout=30)


def _gates_rss_mb() -> list[float]:
    """Return the most memory that each process of a gate below this one has had."""
    found = []
    for pid in _below(os.getpid()):
        with contextlib.suppress(OSError):
            proc = Path(f"/proc/{pid}")
            if b"citycard.config.gate" in (proc / "cmdline").read_bytes():
                [peak] = [
                    line
                    for line in (proc / "status").read_text().splitlines()
                    if line.startswith("VmHWM")
                ]
                found.append(int(peak.split()[1]) / 1024)
    return found


def _below(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *_below(int(child))]
    return found


def _pgbench(
    city: BenchCity, kind: Kind, readers: residents.Readers, n: int, seconds: float
) -> pgbench.Run:
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
    before, _ = _totals(city)
    found = pgbench.taps_per_s(
        city, kind.script, clients=CONNECTIONS, seconds=seconds, variables=variables
    )
    stored = _totals(city)[0] - before
    assert stored >= 0.99 * found.transactions, f"{found.transactions} run, {stored} stored"
    return found


def _load(
    city: BenchCity, kind: Kind, port: int, readers: residents.Readers, seconds: float
) -> dict[str, Any]:
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
    wrong = {code: n for code, n in found["codes"].items() if code != f"200 {kind.code}"}
    assert not wrong, f"the gate answered {wrong}"
    return found


def _prove(city: BenchCity, found: Rounds, before: tuple[int, int]) -> None:
    """Every answered tap is stored, and every point stands in the ledger: or there is no figure."""
    stored, points = _totals(city)
    answered = sum(sum(gate["codes"].values()) for gate in found.gates)
    run = sum(one.transactions for one in found.limits)
    assert stored - before[0] >= answered, f"{answered} answered, {stored} stored"
    assert stored - before[0] <= answered + run, f"{answered} answered, {run} run, {stored} stored"
    [(posted,)] = city.owner_sql(
        "SELECT coalesce(sum(amount), 0) FROM ledger_transfer WHERE kind = 'campaign.award'"
    )
    assert points == posted, f"{points} points given, {posted} in the ledger"


def _totals(city: BenchCity) -> tuple[int, int]:
    [(taps, points)] = city.owner_sql("SELECT count(*), coalesce(sum(points), 0) FROM taps_tap")
    return int(taps), int(points)


def _ratio(name: str, kind: Kind, found: Rounds, aim: float) -> Figure:
    reference = (
        f"{CONNECTIONS} connections, one tap a request: {_each(found.gates)}/s ÷ pgbench,"
        f" {CONNECTIONS} clients, prepared, one tap a transaction:"
        f" {', '.join(f'{one.per_s:,.0f}' for one in found.limits)}/s; {kind.said}"
    )
    return Figure(name=name, value=found.ratio, unit="ratio", reference=reference, aim=aim)


def _per_s(name: str, kind: Kind, found: Rounds, aim: float | None) -> Figure:
    said = f"{_each(found.gates)}; {kind.said}"
    return Figure(name=f"{name}_per_s", value=found.per_s, unit="taps/s", reference=said, aim=aim)


def _p99(name: str, found: Rounds, aim: float | None) -> Figure:
    worst = max(one["p99_ms"] for one in found.gates)
    said = f"worst of {len(found.gates)} rounds, closed loop at saturation"
    return _most(f"{name}_p99_ms", worst, "ms", aim, said)


def _most(name: str, value: float, unit: str, aim: float | None, said: str) -> Figure:
    return Figure(name=name, value=value, unit=unit, reference=said, aim=aim, at_least=False)


def _each(gates: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['per_s']:,.0f}" for one in gates)


def _conditions(city: BenchCity) -> dict[str, str]:
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    said = (
        f"{CARDS:,} cards, {CONNECTIONS} readers, one campaign; {ROUNDS} rounds; one gate process,"
        f" one load generator; load average at the end {load}"
    )
    return city.conditions() | {"taps": said}
