"""A figure beside its reference and its aim, and how a benchmark prints them."""

import argparse
import json
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measurement.

    :ivar reference: what it was measured against in the same run, in words with its value
    :ivar aim: the bound it should keep; ``at_least`` tells which way
    """

    name: str
    value: float
    unit: str
    reference: str
    aim: float | None = None
    at_least: bool = True

    @property
    def holds(self) -> bool | None:
        """Tell whether the aim is kept; None for a figure without one."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.at_least else self.value <= self.aim

    def as_json(self) -> dict[str, Any]:
        """Return the figure as programs read it."""
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "reference": self.reference,
            "aim": self.aim,
            "holds": self.holds,
        }


@dataclass
class Measured:
    """What a benchmark found, and under which conditions."""

    figures: list[Figure] = field(default_factory=list)
    conditions: dict[str, str] = field(default_factory=dict)


Part = Callable[[bool, Console], Measured]
"""Takes whether the large form is wanted, and a console to say how far it is."""


def _apart(part: Part, full: bool, console: Console) -> Measured:
    """Run a part in a process of its own: each has a city of its own, and Django knows one."""
    ours, theirs = multiprocessing.Pipe(duplex=False)

    def measure() -> None:
        theirs.send(part(full, console))

    process = multiprocessing.get_context("fork").Process(target=measure)
    process.start()
    theirs.close()
    try:
        measured: Measured = ours.recv()
    except EOFError:
        process.join()
        sys.exit(process.exitcode or 1)  # it has said what went wrong
    process.join()
    return measured


def main(bench: str, parts: Sequence[Part]) -> None:
    """Run a benchmark's parts and print what they found, as a table or as one JSON object."""
    asked = argparse.ArgumentParser(prog=f"citycard bench {bench}")
    asked.add_argument("--json", action="store_true", help="one JSON object on stdout")
    asked.add_argument("--full", action="store_true", help="the large form")
    chosen = asked.parse_args()
    console = Console(stderr=True)
    found = Measured()
    for part in parts:
        measured = (
            _apart(part, chosen.full, console) if len(parts) > 1 else part(chosen.full, console)
        )
        found.figures += measured.figures
        found.conditions |= measured.conditions
    if chosen.json:
        told = {"bench": bench, "figures": [figure.as_json() for figure in found.figures]}
        sys.stdout.write(json.dumps(told | {"conditions": found.conditions}) + "\n")
    else:
        _print(bench, found)


def _print(bench: str, found: Measured) -> None:
    out = Console()
    table = Table("figure", "value", "unit", "aim", "holds", "reference", title=bench)
    for figure in found.figures:
        bound = "" if figure.aim is None else f"{'≥' if figure.at_least else '≤'} {figure.aim:g}"
        holds = {True: "[green]yes", False: "[red]no", None: ""}[figure.holds]
        value = f"{figure.value:,.3f}".rstrip("0").rstrip(".")
        table.add_row(figure.name, value, figure.unit, bound, holds, figure.reference)
    out.print(table)
    for name, said in found.conditions.items():
        out.print(f"  [dim]{name}:[/dim] {said}")
