"""PostgreSQL's own load generator, on the same server, as the limit to compare with."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bench.measuring.city import BenchCity


class Run(NamedTuple):
    """What pgbench said: transactions a second once all were connected, and how many in all."""

    per_s: float
    transactions: int


def taps_per_s(
    city: BenchCity, script: Path, *, clients: int, seconds: float, variables: dict[str, object]
) -> Run:
    """Run a script with prepared statements, its clients on the same cores."""
    return scripts_per_s(city, {script: 1}, clients=clients, seconds=seconds, variables=variables)


def scripts_per_s(
    city: BenchCity,
    scripts: Mapping[Path, int],
    *,
    clients: int,
    seconds: float,
    variables: dict[str, object],
) -> Run:
    """Run scripts, drawn by weight, with prepared statements, clients on the same cores."""
    drawn = [f"--file={script}@{weight}" for script, weight in scripts.items()]
    drawn += [f"--define={name}={value}" for name, value in variables.items()]
    return _run(city, city.cluster.owner_url(), clients, seconds, drawn)


def make_tpcb(city: BenchCity, *, scale: int) -> None:
    """Make pgbench's own tables in a database beside the city's."""
    city.owner_sql_alone(f"CREATE DATABASE {TPCB}")
    command = [_program(city), "--initialize", f"--scale={scale}", "--quiet"]
    _done([*command, _tpcb_url(city)])


def tpcb_per_s(city: BenchCity, *, clients: int, seconds: float) -> Run:
    """Run pgbench's TPC-B-like transaction, prepared, on the tables that ``make_tpcb`` made."""
    return _run(city, _tpcb_url(city), clients, seconds, ["--builtin=tpcb-like"])


TPCB = "pgbench_tpcb"


def _tpcb_url(city: BenchCity) -> str:
    return city.cluster.admin_url(TPCB)


def _run(city: BenchCity, url: str, clients: int, seconds: float, what: list[str]) -> Run:
    command = [_program(city), "--no-vacuum", "--protocol=prepared", f"--client={clients}"]
    command += ["--jobs=2", f"--time={max(1, round(seconds))}", *what, url]
    said = _done(command)
    tps = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
    processed = re.search(r"actually processed: (\d+)", said)
    if tps is None or processed is None:
        raise RuntimeError(f"pgbench: {said[-2000:]}")
    return Run(float(tps.group(1)), int(processed.group(1)))


def _program(city: BenchCity) -> str:
    found = city.cluster.bin / "pgbench"
    return str(found if found.exists() else shutil.which("pgbench"))


def _done(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"pgbench: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return done.stdout
