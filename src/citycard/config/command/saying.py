"""How the command speaks: words and progress to people on stderr, JSON to programs on stdout."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

FOUND_SOMETHING = 1
CANNOT_RUN = 3

console = Console(stderr=True, highlight=False)
out = Console(highlight=False)


def print_json(value: Any) -> None:
    """Print one JSON object on stdout and nothing else."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")


def stop(why: object, *, code: int = CANNOT_RUN) -> NoReturn:
    """Say why the command ends here, and end it."""
    console.print(f"[red]✗[/red] {escape(str(why))}", soft_wrap=True)
    raise typer.Exit(code)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show a step while it runs, and a tick once it's done."""
    with console.status(title):
        yield
    console.print(f"[green]✓[/green] {title}")


@contextmanager
def progress() -> Iterator[Progress]:
    """Show bars for long work."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bars:
        yield bars
