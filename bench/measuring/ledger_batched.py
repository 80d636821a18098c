"""Batches by two connections: two programs that begin together."""

import dataclasses
import json
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

    :ivar client_cpu: share of one core that the load's own programs took
    """

    per_s: float
    moves: int
    found: Counter[str] = field(default_factory=Counter)
    client_cpu: float


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
    for program in programs:
        _say(program, "go")
    told = [json.loads(_hear(program)) for program in programs]
    for program in programs:
        program.wait(timeout=30)
    seconds = max(it["ended"] for it in told) - min(it["begun"] for it in told)
    moves = sum(it["moves"] for it in told)
    found: Counter[str] = sum((Counter(it["found"]) for it in told), Counter())
    cpu = sum(it["cpu_s"] for it in told) / seconds
    return Run(per_s=moves / seconds, moves=moves, found=found, client_cpu=cpu)


def _say(program: "subprocess.Popen[str]", line: str) -> None:
    assert program.stdin is not None
    program.stdin.write(line + "\n")
    program.stdin.flush()


def _hear(program: "subprocess.Popen[str]") -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()
