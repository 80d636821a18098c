"""`citycard history`: taps as Parquet under pseudonyms, a file a month, and figures counted from
them."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from citycard.config import instance, migrating
from citycard.config.command.options import City
from citycard.config.command.saying import FOUND_SOMETHING, console, out, progress, stop
from citycard.infra.postgres.errors import PostgresProblem


def history(
    city: City = None,
    to: Annotated[
        Path | None,
        typer.Option(help="Where the files lie; usually beside the data.", metavar="DIRECTORY"),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Count the figures anew from the files and compare.")
    ] = False,
    recount: Annotated[
        str | None,
        typer.Option(
            help="Write no file: replace a month's figures by a new count of its taps, where"
            " `citycard verify` finds them wrong.",
            metavar="YYYY-MM",
        ),
    ] = None,
) -> None:
    """Write each month of taps as Parquet that has none or whose figures changed since.

    Exits with 1 where --check finds a figure that the files don't confirm.
    """
    try:
        with instance.running(city) as here:
            if not migrating.is_current(here.app_url()):
                stop("The database's schema isn't this version's: citycard migrate.")
            instance.set_up_django()
            if recount is not None:
                _recount(recount)
                return
            directory = to or here.place.directory / "history"
            _write(directory)
            if check:
                _check(directory)
    except PostgresProblem as problem:
        stop(problem)
    except ImportError as missing:
        stop(
            f"History needs the analytics extra: pip install citycard[analytics] ({missing.name})."
        )


def _write(directory: Path) -> None:
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.insight import api as insight

    known = {it.month: it for it in insight.history_months(directory=directory)}
    for month in sorted(insight.months()):
        name = f"{month:%Y-%m}"
        if name in known and known[name].version == insight.figures_version(month=month):
            continue
        with console.status(f"Writing {name}"), unit_of_work():
            _long_statements()
            written = insight.write_history(directory=directory, month=month)
        console.print(f"[green]✓[/green] {name}: {written.taps:,} taps")


def _recount(wanted: str) -> None:
    """Count a month anew; taps go on coming in, and wait for their turn in the figures."""
    from citycard.infra.unit_of_work import unit_of_work
    from citycard.insight import api as insight

    month = next((it for it in insight.months() if f"{it:%Y-%m}" == wanted), None)
    if month is None:
        stop(f"There are no figures of {wanted}; a month is written like 2026-10.")
    with progress() as shown, unit_of_work():
        bar = shown.add_task(f"Counting {wanted}", total=None)
        _long_statements()
        taps = insight.recount(
            month=month, tell=lambda done, total: shown.update(bar, completed=done, total=total)
        )
    console.print(f"[green]✓[/green] {wanted}: {taps:,} taps counted anew")
    if month in insight.edition_months():
        console.print("What went out of this month stays as it was published.")


def _long_statements() -> None:
    from citycard.infra.database import allow_seconds

    allow_seconds(int(dt.timedelta(hours=1).total_seconds()))


def _check(directory: Path) -> None:
    from citycard.insight import api as insight

    found = insight.history_differs(directory=directory)
    for finding in found:
        out.print(f"[red]✗[/red] {finding.check}: {finding.says} ({finding.about})")
    if found:
        stop(f"{len(found)} findings.", code=FOUND_SOMETHING)
    console.print("[green]✓[/green] The files say what the figures say.")
