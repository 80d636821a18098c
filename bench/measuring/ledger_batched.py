"""Batches by two connections: two programs that begin together."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.measuring.city import BenchCity
from bench.measuring.ledger_city import Purses

CONNECTIONS = 2


@dataclass(frozen=True, kw_only=True)
class Run:
    """What all connections did together.

    :ivar server_us, client_us: processor time a move, of the server and of the load's own programs:
        says on a busy machine what it could have done alone
    """

    per_s: float
    moves: int
    found: Counter[str] = field(default_factory=Counter)
    server_us: float
    client_us: float


def run(city: BenchCity, purses: Purses, kind: str, *, batches: int, seed: int) -> Run:
    """Have each connection post so many batches of a kind."""
    programs = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.measuring.ledger_load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=city.environment | {"CITYCARD_DB_POOL": "0"},
            cwd=Path(__file__).resolve().parents[2],
        )
        for _ in range(CONNECTIONS)
    ]
    for n, program in enumerate(programs):
        orders = {
            "purses": dataclasses.asdict(purses),
            "kind": kind,
            "batches": batches,
            "seed": seed * 1000 + n,
        }
        _say(program, json.dumps(orders))
    for program in programs:
        assert _hear(program) == "ready", kind
    time.sleep(1.0)
    before = server_cpu_s(city)
    for program in programs:
        _say(program, "go")
    told = [json.loads(_hear(program)) for program in programs]
    server = server_cpu_s(city) - before
    for program in programs:
        program.wait(timeout=30)
    seconds = max(it["ended"] for it in told) - min(it["begun"] for it in told)
    moves = sum(it["moves"] for it in told)
    found: Counter[str] = sum((Counter(it["found"]) for it in told), Counter())
    client = sum(it["cpu_s"] for it in told)
    return Run(
        per_s=moves / seconds,
        moves=moves,
        found=found,
        server_us=server / moves * 1e6,
        client_us=client / moves * 1e6,
    )


def server_cpu_s(city: BenchCity) -> float:
    """Return the processor time of the server and all its children, those that ended too."""
    pid = city.cluster.pid()
    assert pid is not None
    ticks = sum(_ticks(Path("/proc", str(pid), "stat"))[:4])
    for child in Path("/proc", str(pid), "task", str(pid), "children").read_text().split():
        with contextlib.suppress(OSError):
            ticks += sum(_ticks(Path("/proc", child, "stat"))[:2])
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(stat: Path) -> list[int]:
    """Return a process's own time in user and system mode, and that of its ended children."""
    return [int(it) for it in stat.read_text().rpartition(")")[2].split()[11:15]]


def _say(program: "subprocess.Popen[str]", line: str) -> None:
    assert program.stdin is not None
    program.stdin.write(line + "\n")
    program.stdin.flush()


def _hear(program: "subprocess.Popen[str]") -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()
