"""`citycard attack`: put all published figures together and try to find out what they hide."""

import dataclasses

from citycard.config import instance, migrating
from citycard.config.command.options import AsJson, City
from citycard.config.command.saying import FOUND_SOMETHING, console, out, print_json, stop
from citycard.infra.postgres.errors import PostgresProblem
from citycard.insight import api as insight


def attack(city: City = None, as_json: AsJson = False) -> None:
    """Bound every hidden figure as narrowly as all published tables of all months allow.

    Exits with 1 and names each figure that can be bounded more narrowly than the pack's limit, or
    says that the tables contradict each other.
    """
    try:
        with instance.running(city) as here:
            if not migrating.is_current(here.app_url()):
                stop("The database's schema isn't this version's: citycard migrate.")
            instance.set_up_django()
            report = _attacked()
    except PostgresProblem as problem:
        stop(problem)
    except insight.Contradiction:
        stop("The tables contradict each other: they can't all be true.", code=FOUND_SOMETHING)
    if as_json:
        print_json(dataclasses.asdict(report))
    for found in report.narrow if not as_json else ():
        cell = " / ".join(found.cell)
        out.print(f"[red]✗[/red] {cell}: from {found.least} to {found.most}", soft_wrap=True)
    if report.narrow:
        stop(
            f"{len(report.narrow)} of {report.hidden:,} hidden figures can be bounded to fewer than"
            f" {report.least} values.",
            code=FOUND_SOMETHING,
        )
    console.print(
        f"[green]✓[/green] {report.figures:,} figures in {report.months} months,"
        f" {report.hidden:,} of them hidden; none of these can be bounded to fewer than"
        f" {report.least} values.",
        soft_wrap=True,
    )


def _attacked() -> insight.Attack:
    with console.status("Attacking"):
        return insight.attack_published()
