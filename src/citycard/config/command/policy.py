"""`citycard policy`: what a proposed rule would have cost on stored months."""

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from citycard.config import instance, migrating
from citycard.config.command.options import AsJson, City
from citycard.config.command.saying import console, out, print_json, progress, stop
from citycard.infra.packs import PackError, current_pack, find_pack, proposed, read_proposal
from citycard.infra.packs.finding import current_code
from citycard.infra.postgres.errors import PostgresProblem

WRONG_USAGE = 2


def policy(
    proposal: Annotated[
        Path,
        typer.Argument(
            help="A directory with the changed parts of entitlements.yaml, fares.yaml or "
            "points.yaml; they are laid over the city's own.",
            exists=True,
            file_okay=False,
        ),
    ],
    month: Annotated[
        list[dt.datetime], typer.Option(help="A month to price again.", formats=["%Y-%m"])
    ],
    invented: Annotated[
        int,
        typer.Option(
            help="Invent the month's rides for so many residents, drawn from the register's "
            "figures; needs no database, and the proposal may change who holds a right.",
            metavar="PEOPLE",
            min=0,
        ),
    ] = 0,
    guess: Annotated[
        list[str] | None,
        typer.Option(
            help="How riders may follow lower prices, by mode: high:taxi=25,bus=10.",
            metavar="NAME:MODE=PERCENT,…",
        ),
    ] = None,
    city: City = None,
    as_json: AsJson = False,
) -> None:
    """Try a policy: stored months by the rules in force and by a proposal, side by side.

    Today's rules must give what was booked, to the dollar; exits with 1 where they don't.
    """
    if invented:
        _tell(_try_invented(city, proposal, month[0].date(), invented, guess or []), as_json)
        return
    try:
        with instance.running(city) as here:
            if not migrating.is_current(here.app_url()):
                stop("The database's schema isn't this version's: citycard migrate.")
            instance.set_up_django()
            found = _try(proposal, [each.date() for each in month], guess or [])
    except (PostgresProblem, PackError) as problem:
        stop(problem)
    _tell(found, as_json)
    if found.other_rides:
        stop(f"{found.other_rides} of {found.booked_rides} rides are booked otherwise.", code=1)
    console.print(f"[green]✓[/green] {found.booked_rides:,} rides as booked, to the dollar.")


def _tell(found: Any, as_json: bool) -> None:
    if as_json:
        print_json(dataclasses.asdict(found))
    else:
        out.print(_table(found))


def _try_invented(
    city: str | None, directory: Path, month: dt.date, people: int, guesses: list[str]
) -> Any:
    from citycard.fares import api as fares
    from citycard.simulation import inventing_months

    try:
        pack = find_pack(city or current_code())
        changed = proposed(city=pack, changes=read_proposal(directory))
    except PackError as problem:
        stop(problem)
    with console.status(f"{people:,} residents and their rides"):
        return inventing_months.try_on_invented(
            city=pack,
            proposal=changed,
            month=month,
            people=people,
            guesses=[fares.Guess("low", {}), *(fares.Guess(*_guess(text)) for text in guesses)],
            shown=lambda people: dict.fromkeys(people, True),
        )


def _try(directory: Path, months: list[dt.date], guesses: list[str]) -> Any:
    from citycard.fares import api as fares
    from citycard.flows import trying_policies
    from citycard.infra import clock
    from citycard.kernel.errors import Refused

    changed = proposed(city=current_pack(), changes=read_proposal(directory))
    read = [fares.Guess(*_guess(text)) for text in guesses]
    try:
        with progress() as shown:
            task = shown.add_task("Pricing riders' months", total=None)
            return trying_policies.try_policy(
                proposal=changed,
                months=months,
                guesses=[fares.Guess("low", {}), *read],
                today=clock.today(),
                told=lambda done, whole: shown.update(task, completed=done, total=whole),
            )
    except Refused as why:
        stop(str(why))


def _guess(text: str) -> tuple[str, dict[str, int]]:
    name, _, rest = text.partition(":")
    try:
        percent = {mode: int(n) for mode, _, n in (one.partition("=") for one in rest.split(","))}
    except ValueError:
        stop(f"--guess {text}: write it as high:taxi=25,bus=10.", code=WRONG_USAGE)
    return name, percent


def _table(found: Any) -> Table:
    table = Table("", "People", "Now, NT$", "Proposal, NT$", *found.guesses)
    for line in (found.all, *found.by_mode, *found.by_district, *found.by_age):
        if line.people is None:
            table.add_row(line.code, *["–"] * (3 + len(found.guesses)))
            continue
        cells = [f"{it.ntd:+,} ({it.low:+,} … {it.high:+,})" for it in line.guesses]
        numbers = (line.people, line.before_ntd, line.after_ntd)
        table.add_row(line.code, *(f"{n:,}" for n in numbers), *cells)
    return table
