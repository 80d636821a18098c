"""PostgreSQL's own load generator, on the same server, as the limit to compare with."""

import re
import shutil
import subprocess
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
    found = city.cluster.bin / "pgbench"
    command = [str(found if found.exists() else shutil.which("pgbench"))]
    command += ["--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=2"]
    command += [f"--time={max(1, round(seconds))}", f"--file={script}"]
    command += [f"--define={name}={value}" for name, value in variables.items()]
    done = subprocess.run(
        [*command, city.cluster.owner_url()], capture_output=True, text=True, check=False
    )
    tps = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    processed = re.search(r"actually processed: (\d+)", done.stdout)
    if done.returncode or tps is None or processed is None:
        raise RuntimeError(f"pgbench: {done.stderr[-2000:] or done.stdout[-2000:]}")
    return Run(float(tps.group(1)), int(processed.group(1)))
