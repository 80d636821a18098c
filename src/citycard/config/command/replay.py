"""`citycard replay`: live a counted programme again, tap by tap, through the city's write path."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from citycard.config import instance, preparing
from citycard.config.command.options import AsJson, City
from citycard.config.command.saying import FOUND_SOMETHING, console, out, print_json, step, stop
from citycard.config.migrating import MigrationFailed
from citycard.infra.packs import PackError
from citycard.infra.postgres.errors import PostgresProblem


def replay(
    city: City = None,
    scale: Annotated[
        float, typer.Option(help="Share of the counted cards and uses; 1 is all of them.")
    ] = 0.001,
    taps: Annotated[
        Path | None, typer.Option(help="Take taps from a .csv or .parquet file.", metavar="FILE")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Write the taps to a .csv or .parquet file instead.", metavar="FILE"),
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="The directory of the city's state.", metavar="DIR")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same taps.")] = 1,
    days: Annotated[
        int | None, typer.Option(help="Only the first so many days; go on with more later.", min=1)
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(help="Write profiles of the programs.", metavar="DIR")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a counted programme's people and cards, tap every use of it, and compare what the city
    counted.

    Interrupted, it goes on where the city is when started again. Exits with 1 where a line of the
    table differs.
    """
    if state is not None:
        os.environ["CITYCARD_STATE"] = str(state.resolve())
    try:
        with instance.running(city, demo=True) as here:
            found = _replayed(
                here, {"scale": scale, "seed": seed, "days": days}, taps, save, profile
            )
    except (PostgresProblem, preparing.NotPrepared, MigrationFailed, PackError) as why:
        stop(why)
    if found is None:
        return
    if as_json:
        print_json(found)
    if not found["equal"]:
        raise typer.Exit(FOUND_SOMETHING)


def _replayed(
    here: instance.Instance, asked: dict[str, Any], taps: Path | None, save: Path | None,
    profile: Path | None,
) -> dict[str, Any] | None:  # fmt: skip
    preparing.migrate(here, lambda name: console.print(f"  {name}"))
    instance.set_up_django()
    from citycard.infra import clock
    from citycard.infra.packs import current_pack
    from citycard.simulation import replaying
    from citycard.simulation.replaying_plan import plan_of
    from citycard.simulation.replaying_tables import CannotReplay

    keep = here.place.directory / "replay"
    try:
        plan = plan_of(pack=current_pack(), **asked)
        if here.cluster and save is None and not (keep / "replay.json").exists():
            replaying.require_room(plan, here.place.directory)
        replaying.begin(plan, keep)
        with clock.stopped_at(plan.opening), step(f"City pack: {here.city}"):
            preparing.activate_pack()
        _settle(here, plan)
        if save is not None:
            with _bars() as bars:
                task = bars.add_task(f"writing {save.name}", total=_sent_about(plan))
                rows = replaying.save(plan, save, lambda n: bars.advance(task, n))
            console.print(f"{rows:,} taps in {save}.")
            return None
        return _run(plan, keep, taps, profile)
    except CannotReplay as why:
        stop(why, code=2)


def _settle(here: instance.Instance, plan: Any) -> None:
    from citycard.simulation import replaying

    began = time.monotonic()
    with _bars() as bars:
        task = bars.add_task("people and cards", total=plan.members)
        replaying.settle(
            plan,
            tell=lambda n: bars.advance(task, n),
            told=lambda said: bars.update(task, description=said),
        )
    _analyze(here)
    console.print(
        f"[green]✓[/green] {plan.members:,} people with {plan.cards:,} cards"
        f" ({time.monotonic() - began:.0f} s)"
    )


def _analyze(here: instance.Instance) -> None:
    """Give the planner statistics of all that was made at once; the owner alone may."""
    import psycopg

    if here.owner_url():
        with psycopg.connect(here.owner_url(), autocommit=True) as connection:
            connection.execute("ANALYZE")


def _run(plan: Any, keep: Path, taps: Path | None, profile: Path | None) -> dict[str, Any]:
    from citycard.simulation import replaying, replaying_counts

    with _bars() as bars:
        if taps is not None:
            task = bars.add_task(f"reading {taps.name}", total=None)
            total = replaying.check_file(plan, taps, lambda n: bars.advance(task, n))
            bars.remove_task(task)
        else:
            total = _sent_about(plan)
        left = max(0, total - replaying_counts.stored_taps(plan))
        task = bars.add_task("taps, with all that follows", total=left)
        if profile is not None:
            profile.mkdir(parents=True, exist_ok=True)
        ran = replaying.run(
            plan, keep=keep, taps=taps, profile=profile, tell=lambda n: bars.advance(task, n)
        )
    with step("counting"):
        lines = replaying_counts.table(plan)
        mix = replaying_counts.mix(plan, sent=ran.sent)
    found = _result(plan, ran, lines, mix)
    (keep / "result.json").write_text(json.dumps(found, ensure_ascii=False, indent=1))
    _print(plan, ran, lines, mix)
    return found


def _sent_about(plan: Any) -> int:
    return int(plan.taps * (1 + plan.mix["twice_percent"] / 100))


def _result(plan: Any, ran: Any, lines: Any, mix: Any) -> dict[str, Any]:
    return {
        "scale": plan.scale,
        "seconds": ran.seconds,
        "sent_now": ran.taps,
        "sent": ran.sent,
        "taps_per_s": ran.taps / ran.seconds,
        "first_tenth_per_s": ran.rate(0, 0.1),
        "last_tenth_per_s": ran.rate(0.9, 1),
        "cpu_s": ran.cpu_s,
        "samples": ran.samples,
        "equal": all(line.is_equal for line in lines),
        "table": [
            {
                "name": line.name.en, "source": line.source, "wanted": line.wanted,
                "counted": line.counted, "shown": line.shown, "hidden_months": line.hidden_months,
                "equal": line.is_equal,
            }
            for line in lines
        ],
        "mix": [
            {
                "name": one.name, "taps": one.taps, "percent": round(one.percent, 3),
                "at_least": one.at_least, "holds": one.holds,
            }
            for one in mix
        ],
    }  # fmt: skip


def _print(plan: Any, ran: Any, lines: Any, mix: Any) -> None:
    full = plan.scale == 1
    columns = ["", "source", *([] if full else ["at this scale"]), "dashboards", "counted", ""]
    table = Table(*columns, title=f"{plan.pack.programme.en}, {plan.first_day} – {_last(plan)}")
    for column in table.columns[1:-1]:
        column.justify = "right"
    for line in lines:
        hidden = f"{line.shown:,} (hidden in {line.hidden_months} months)"
        table.add_row(
            "  " * line.level + f"{line.name.zh} {line.name.en}",
            f"{line.source:,}",
            *([] if full else [f"{line.wanted:,}"]),
            f"{line.shown:,}" if not line.hidden_months else hidden,
            f"{line.counted:,}",
            "[green]equal[/green]"
            if line.is_equal
            else f"[red]{line.counted - line.wanted:+,}[/red]",
        )
    out.print(table)
    told = Table("the mix, as counted", "taps", "percent", "at least", "")
    for one in mix:
        holds = "[green]✓[/green]" if one.holds else "[red]✗[/red]"
        told.add_row(one.name, f"{one.taps:,}", f"{one.percent:.2f}", f"{one.at_least:g}", holds)
    out.print(told)
    console.print(
        f"{ran.taps:,} taps sent in {ran.seconds:.1f} s, {ran.taps / ran.seconds:,.0f} a second"
        f" with all that follows; first tenth {ran.rate(0, 0.1):,.0f}/s, last"
        f" {ran.rate(0.9, 1):,.0f}/s"
    )


def _last(plan: Any) -> Any:
    return plan.day(plan.days - 1)


class _Rate(ProgressColumn):
    """Shows how many a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s")


@contextmanager
def _bars() -> Iterator[Progress]:
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bars:
        yield bars
