"""`citycard drill`: is what we back up what we would get back?"""

from dataclasses import asdict

from rich.table import Table

from citycard.config import drilling, instance, migrating, saving
from citycard.config.command.options import AsJson, City
from citycard.config.command.saying import FOUND_SOMETHING, console, out, print_json, stop
from citycard.config.command.telling import bars
from citycard.config.drilling import Compared
from citycard.infra.crypto import KeysMissing
from citycard.infra.postgres.errors import PostgresProblem


def drill(city: City = None, as_json: AsJson = False) -> None:
    """Back the city up, restore it elsewhere, and compare verify, trial balance and rows.

    The city goes on meanwhile. The copy is removed, the backup stays, the result is noted for
    citycard doctor. Exits with 1 when anything differs.
    """
    try:
        saving.refuse_foreign_server()
        with instance.running(city) as here:
            if not migrating.is_current(here.app_url()):
                stop("The database's schema isn't this version's: citycard migrate.")
            with bars() as tell:
                done, compared = drilling.hold_drill(here, tell=tell)
    except (PostgresProblem, KeysMissing) as why:
        stop(why)
    if as_json:
        print_json({**asdict(done), "compared": [asdict(it) for it in compared]})
    else:
        out.print(_table(compared))
    if not done.ok:
        stop(f"The copy differs: {done.says}.", code=FOUND_SOMETHING)
    console.print(f"[green]✓[/green] The copy is the city, after {done.seconds:.0f} s.")


def _table(compared: list[Compared]) -> Table:
    table = Table("", "Compared", "The city", "Its restored copy")
    for it in compared:
        mark = "[green]✓[/green]" if it.equal else "[red]✗[/red]"
        table.add_row(mark, it.what, it.before, it.after)
    return table
