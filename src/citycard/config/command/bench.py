"""`citycard bench NAME`: measure against a limit found in the same run."""

import runpy
import sys
from pathlib import Path
from typing import Annotated

import typer

from citycard.config.command.options import AsJson
from citycard.config.command.saying import out, stop
from citycard.infra.postgres.place import project_root


def bench(
    name: Annotated[str | None, typer.Argument(help="The benchmark; a list without one.")] = None,
    as_json: AsJson = False,
    full: Annotated[bool, typer.Option("--full", help="The large form.")] = False,
) -> None:
    """Run a benchmark and print its figures, each beside its reference and aim.

    Exits with 0 also where an aim is missed: a figure is a measurement, no test.
    """
    directory = _directory()
    known = sorted(path.stem for path in directory.glob("*.py") if not path.stem.startswith("_"))
    if name is None:
        for each in known:
            out.print(each)
        return
    if name not in known:
        stop(f"There is no benchmark {name!r}; there are: {', '.join(known) or 'none'}.", code=2)
    sys.path.insert(0, str(directory.parent))
    sys.argv = [name, *(["--json"] if as_json else []), *(["--full"] if full else [])]
    runpy.run_module(f"bench.{name}", run_name="__main__")


def _directory() -> Path:
    root = project_root()
    if root is None:
        stop("Benchmarks run from a clone, not from an installed wheel.")
    return root / "bench"
