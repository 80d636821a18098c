"""A thousand polling readers, and cards that are reported lost meanwhile: report → reader."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.measuring import residents
from bench.measuring.city import BenchCity, bench_city, serving
from bench.measuring.figures import Figure, Measured
from citycard.config.command.programs import gate_command

READERS = 1_000
CARDS = 5_000
WORKER = (
    "import django; django.setup(); from citycard.infra import jobs; jobs.run_worker()"  # as up's
)
TICKS = os.sysconf("SC_CLK_TCK")


def measure(full: bool, console: Console) -> Measured:
    """Measure ``loss_to_reader_p99_s``; the large form polls as seldom as the pack says."""
    interval, reports = (20.0, 40) if full else (5.0, 20)
    with bench_city() as city, tempfile.TemporaryDirectory() as kept:
        with console.status(f"{CARDS:,} residents with cards, {READERS:,} readers"):
            residents.make_residents(CARDS)
            readers = residents.make_readers(READERS, name="loss", campaigns=1)
            _build()
        with console.status(f"{READERS:,} readers poll every {interval:g} s"):
            return _measure(city, Path(kept), readers, interval, reports)


def _build() -> None:
    from citycard.config import wiring
    from citycard.flows import snapshotting
    from citycard.infra import clock

    wiring.settle()  # what followed from making the city is no part of it
    snapshotting.build(clock.now())


def _measure(
    city: BenchCity, kept: Path, readers: residents.Readers, interval: float, reports: int
) -> Measured:
    seconds = interval * 2 + reports * 1.0 + interval + 4
    with serving(city, gate_command, log=kept / "gate.log") as port:
        with (kept / "worker.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-c", WORKER], env=city.environment, stdout=log, stderr=log
            )
        try:
            load = _start_load(city, port, readers, interval, seconds)
            time.sleep(interval * 2)  # until all hold the snapshot
            before, begun = _gate_seconds(port), time.monotonic()
            stamped = [_report(n) for n in range(reports)]
            spent = (_gate_seconds(port) - before) / (time.monotonic() - begun)
            said, _ = load.communicate(timeout=seconds + 60)
        finally:
            worker.terminate()
            worker.wait(timeout=15)
    assert load.returncode == 0, "the load failed"
    return _figures(city, json.loads(said), stamped, interval, spent)


def _start_load(
    city: BenchCity, port: int, readers: residents.Readers, interval: float, seconds: float
) -> "subprocess.Popen[str]":
    from citycard.infra import clock
    from citycard.infra.signers import signers

    signer = signers(now=clock.now())[-1]
    orders = {
        "port": port,
        "codes": readers.codes,
        "keys": readers.keys,
        "kid": signer.kid,
        "public": signer.public.hex(),
        "service": "activity",
        "interval": interval,
        "seconds": seconds,
    }
    root = Path(__file__).resolve().parents[2]
    path = f"{root / 'clients' / 'reader' / 'src'}:{city.environment.get('PYTHONPATH', '')}"
    load = subprocess.Popen(
        [sys.executable, "-m", "bench.measuring.loss_load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=city.environment | {"PYTHONPATH": path},
        cwd=root,
    )
    assert load.stdin is not None
    load.stdin.write(json.dumps(orders) + "\n")
    load.stdin.flush()
    return load


def _report(n: int) -> tuple[int, float]:
    """Report a card lost as its holder does; returns the card and when."""
    from citycard.cards import api as cards
    from citycard.infra import clock
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.kernel.actors import SYSTEM

    number = str(residents.FIRST_NUMBER + n)
    found = cards.find(issuer="easycard", number_kind="printed", number=number)
    assert found is not None
    with unit_of_work():
        stamped = clock.now()
        cards.report_lost(card_id=found.card_id, actor=SYSTEM, now=stamped)
    time.sleep(max(0.0, stamped.timestamp() + 1.0 - time.time()))
    return found.card_id, stamped.timestamp()


def _gate_seconds(port: int) -> float:
    """Return the processor time of the gate's processes so far."""
    spent = 0
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            command = (directory / "cmdline").read_bytes()
            if b"granian" in command and str(port).encode() in command:
                fields = (directory / "stat").read_text().rpartition(")")[2].split()
                spent += int(fields[11]) + int(fields[12])
        except OSError:
            continue
    return spent / TICKS


def _figures(
    city: BenchCity,
    said: dict[str, Any],
    stamped: list[tuple[int, float]],
    interval: float,
    spent: float,
) -> Measured:
    from citycard.cards import api as cards

    versions = cards.first_versions(card_ids=[card for card, _ in stamped])
    delays = []
    for card, at in stamped:
        knew = said["knew"][str(versions[card, "activity"])]
        assert len(knew) == READERS, f"{len(knew)} of {READERS} readers know of card {card}"
        delays += [one - at for one in knew]
    delays.sort()
    knew_all = f"{len(stamped)} reports, {READERS:,} readers, a poll every {interval:g} s"
    figures = [
        Figure(
            name="loss_to_reader_p99_s",
            value=delays[int(len(delays) * 0.99)],
            unit="s",
            reference=f"{knew_all}; aim: interval + 2",
            aim=interval + 2,
            at_least=False,
        ),
        Figure(
            name="loss_to_reader_p50_s",
            value=delays[len(delays) // 2],
            unit="s",
            reference=knew_all,
        ),
        Figure(name="loss_to_reader_max_s", value=delays[-1], unit="s", reference=knew_all),
        Figure(
            name="gate_cores",
            value=spent,
            unit="cores",
            reference=f"processor time of the gate; {said['polls']:,} polls,"
            f" {READERS / interval:,.0f}/s",
        ),
    ]
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    told = f"{CARDS:,} cards; every document proven by the reference reader's code; load {load}"
    return Measured(figures=figures, conditions=city.conditions() | {"readers": told})
