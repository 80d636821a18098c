"""A counted programme lived again, with everybody following, beside COPY of the same taps.

The usual form takes a tenth of the city for some weeks: people tap as often as in the whole, and
batches are as they are there. The large form is the whole programme; its result is also written to
a file, for it is run once and for long.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.progress import Progress

from bench.measuring.city import BenchCity, bench_city
from bench.measuring.copying import AT_ONCE, Copied, copied
from bench.measuring.figures import Figure, Measured
from citycard.infra.postgres.place import state_root

CITY = "taoyuan"
SCALE, DAYS = 0.1, 62
COPIED = 2_000_000
"""Rows of the large form that COPY takes: more would say nothing else."""
RESULT = "bench-replay.json"
_MONTHS = f"""
SELECT local_month FROM (
    SELECT local_month, sum(count(*)) OVER (ORDER BY local_month) - count(*) AS before
    FROM taps_tap GROUP BY local_month) m
WHERE before < {COPIED} ORDER BY local_month
"""
_SIZES = """
SELECT regexp_replace(relname, '_[0-9]{6}$', '') AS name, sum(pg_total_relation_size(c.oid))::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname = 'public' GROUP BY 1
"""


def measure(full: bool, console: Console) -> Measured:
    """Measure ``replay_vs_copy``, ``replay_per_s`` and ``bytes_per_tap``."""
    with bench_city(city=CITY) as city:
        measured = _measure(city, full, console)
    if full:
        file = state_root() / RESULT
        told = {"figures": [one.as_json() for one in measured.figures]}
        file.write_text(json.dumps(told | {"conditions": measured.conditions}, indent=1))
        console.print(f"written to {file}")
    return measured


def _measure(city: BenchCity, full: bool, console: Console) -> Measured:
    from citycard.config import preparing
    from citycard.infra import clock
    from citycard.infra.packs import current_pack
    from citycard.simulation import replaying, replaying_counts
    from citycard.simulation.replaying_plan import plan_of
    from citycard.simulation.replaying_tables import CannotReplay

    os.environ["CITYCARD_DB_POOL"] = "0"
    whole = plan_of(pack=current_pack())
    plan = whole if full else plan_of(pack=current_pack(), scale=SCALE, days=DAYS)
    keep = city.cluster.place.directory / "replay"
    try:
        replaying.require_room(plan, city.cluster.place.directory)
    except CannotReplay as why:
        sys.exit(str(why))
    began = time.perf_counter()
    with Progress(console=console) as bars, clock.stopped_at(plan.opening):
        preparing.activate_pack()
        replaying.begin(plan, keep)
        task = bars.add_task(f"{plan.members:,} people", total=plan.members)
        replaying.settle(plan, tell=lambda n: bars.advance(task, n))
    settled_s = time.perf_counter() - began
    city.vacuum()  # settling was long ago when people tap
    city.owner_sql_alone("CHECKPOINT")
    before = _bytes(city)
    with Progress(console=console) as bars, _watching(city) as server:
        task = bars.add_task(f"{plan.taps:,} taps", total=plan.taps)
        ran = replaying.run(plan, keep=keep, tell=lambda n: bars.advance(task, n))
    grown = {name: size - before.get(name, 0) for name, size in _bytes(city).items()}
    lines, mix = replaying_counts.table(plan), replaying_counts.mix(plan, sent=ran.sent)
    wrong = [line.name.en for line in lines if not line.is_equal]
    assert not wrong, f"the table differs: {wrong}"
    return _figures(city, plan, ran, _copy(city, console), grown, server, mix, settled_s)


def _figures(
    city: BenchCity, plan: Any, ran: Any, copy: Copied, grown: dict[str, int],
    server: "Server", mix: Any, settled_s: float,
) -> Measured:  # fmt: skip
    per_s = plan.taps / ran.seconds
    first, last = ran.rate(0, 0.1), ran.rate(0.9, 1)
    figures = [
        Figure(
            name="replay_vs_copy", value=per_s / copy.one, unit="ratio", aim=0.25,
            reference=f"{per_s:,.0f} taps/s with all that follows ÷ the same rows into the"
            f" same partitioned table with its indexes: {copy}",
        ),
        Figure(
            name="replay_vs_two_copies", value=per_s / copy.two, unit="ratio",
            reference=f"÷ two COPYs at once, which take both cores: {copy.two:,.0f}/s",
        ),
        Figure(
            name="replay_per_s", value=per_s, unit="taps/s",
            reference=f"two writers and two followers; {plan.taps:,} taps in {ran.seconds:,.0f} s",
        ),
        Figure(
            name="bytes_per_tap", value=sum(grown.values()) / plan.taps, unit="bytes", aim=400,
            at_least=False,
            reference="all tables and indexes of the city that grew: " + _said(grown, plan.taps),
        ),
        Figure(
            name="last_vs_first", value=last / first if first else 0, unit="ratio", aim=0.8,
            reference=f"last tenth of the taps {last:,.0f}/s ÷ first tenth {first:,.0f}/s",
        ),
        Figure(
            name="processor_us_per_tap", value=1e6 * _processor(ran, server) / plan.taps, unit="µs",
            reference=_stages(ran, server, plan.taps),
        ),
    ]  # fmt: skip
    shares = ", ".join(f"{one.name} {one.percent:.2f} %" for one in mix)
    said = {
        "city": f"{plan.members:,} people, {plan.cards:,} cards, settled in {settled_s:,.0f} s",
        "table": f"{plan.uses:,} uses, every line equal to the source's share",
        "mix": shares,
        "load": f"{os.getloadavg()[1]:.1f} over the last five minutes",
    }
    return Measured(figures=figures, conditions=city.conditions() | said)


def _said(grown: dict[str, int], taps: int) -> str:
    most = sorted(grown.items(), key=lambda one: -one[1])
    return ", ".join(f"{name} {size / taps:.0f}" for name, size in most if size / taps >= 1)


def _processor(ran: Any, server: "Server") -> float:
    return float(sum(ran.cpu_s.values()) + server.total_s)


def _stages(ran: Any, server: "Server", taps: int) -> str:
    """Say where the processor's time went: programs, and the server's processes for each."""
    parts = {**ran.cpu_s, **{f"server for {name}": s for name, s in server.by_name().items()}}
    parts["server, other"] = max(0.0, server.total_s - sum(server.by_name().values()))
    return ", ".join(f"{name} {1e6 * s / taps:.1f}" for name, s in sorted(parts.items()))


def _bytes(city: BenchCity) -> dict[str, int]:
    return dict(city.owner_sql(_SIZES))


def _copy(city: BenchCity, console: Console) -> Copied:
    """COPY the same taps, in the order in which they were written, into a table like theirs."""
    months = city.owner_sql(_MONTHS)
    named = ", ".join(f"'{month}'" for (month,) in months)
    first = f"SELECT * FROM taps_tap WHERE local_month IN ({named})"
    taken = f"({first} ORDER BY local_month, batch_id LIMIT {COPIED})"
    city.owner_sql(
        "CREATE TABLE bench_copy (LIKE taps_tap INCLUDING ALL) PARTITION BY RANGE (local_month)"
    )
    for (month,) in months:
        city.owner_sql(
            f"CREATE TABLE bench_copy_{month:%Y%m} PARTITION OF bench_copy FOR VALUES FROM"
            f" ('{month}') TO ('{month}'::date + interval '1 month')"
        )
    halves = [f"SELECT * FROM {taken} t WHERE reader_id % 2 = {n}" for n in range(AT_ONCE)]
    with console.status("COPY"):
        return copied(city, halves=halves, into="bench_copy")


@dataclass
class Server:
    """Processor time of the server's processes, by whom they worked for."""

    total_s: float = 0.0
    names: dict[int, str] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)

    def by_name(self) -> dict[str, float]:
        """Return seconds by the name of the program that was served."""
        found: dict[str, float] = {}
        for pid, name in self.names.items():
            found[name] = found.get(name, 0.0) + self.seconds.get(pid, 0.0)
        return found

    def look(self, connection: "psycopg.Connection[Any]") -> None:
        """Look who is served, and how long by now."""
        asked = b"SELECT pid, application_name FROM pg_stat_activity"
        for pid, name in connection.execute(asked).fetchall():
            if not str(name).startswith("replay "):
                continue
            self.names[pid] = str(name).removeprefix("replay ")
            self.seconds[pid] = _seconds(pid)


@contextmanager
def _watching(city: BenchCity) -> Iterator[Server]:
    server, over = Server(), threading.Event()
    with psycopg.connect(city.cluster.admin_url(), autocommit=True) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None, "a statement without a table has a row"
        parent = _parent(row[0])

        def watch() -> None:
            while not over.wait(1.0):
                server.look(connection)

        before, watcher = _all_seconds(parent), threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield server
        finally:
            over.set()
            watcher.join()
            server.total_s = _all_seconds(parent) - before


def _all_seconds(parent: int) -> float:
    """Return the processor time of a server: its first process, those that ended, those alive."""
    alive = 0.0
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if _parent(int(path.name)) == parent:
                alive += _seconds(int(path.name))
        except OSError:
            continue  # it has just ended
    ended = sum(int(one) for one in _stat(parent)[13:15]) / os.sysconf("SC_CLK_TCK")
    return alive + ended + _seconds(parent)


def _seconds(pid: int) -> float:
    try:
        fields = _stat(pid)
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
