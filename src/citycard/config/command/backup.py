"""`citycard backup`: copy the city's database while it runs, and list the copies."""

import os
from typing import Annotated, Any

import typer
from rich.table import Table

from citycard.config import instance, saving
from citycard.config.command.options import AsJson, City
from citycard.config.command.saying import console, out, print_json, stop
from citycard.config.command.telling import bars
from citycard.infra.crypto import KeysMissing
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.shelf import Backup, Shelf
from citycard.infra.safekeeping import PassphraseTooShort


def backup(
    city: City = None,
    show: Annotated[bool, typer.Option("--list", help="List the backups and make none.")] = False,
    keep: Annotated[
        int | None,
        typer.Option(help="How many to keep (CITYCARD_BACKUPS_KEEP).", min=1, metavar="N"),
    ] = None,
    with_keys: Annotated[
        bool,
        typer.Option("--with-keys", help="Enclose the keys, sealed under a passphrase."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Back the city's database up while it runs; every moment since can be restored.

    The first backup begins the archive of the database's log. Without --with-keys the keys must be
    kept elsewhere: without them sealed fields can't be read.
    """
    try:
        saving.refuse_foreign_server()
        place = instance.choose(city)
        if show:
            _list(Shelf(directory=place.backups), as_json)
            return
        passphrase = _passphrase() if with_keys else None
        with instance.running(city) as here, bars() as tell:
            made = saving.back_up(here, tell=tell, passphrase=passphrase, keep=keep)
    except (PostgresProblem, KeysMissing, PassphraseTooShort) as why:
        stop(why)
    if as_json:
        print_json(facts(made))
        return
    console.print(
        f"[green]✓[/green] {made.name}: {made.stored_bytes / 1e6:.1f} MB in {made.directory}",
        soft_wrap=True,
    )
    if not made.keys_enclosed:
        console.print("Keep the keys apart from it: without them sealed fields can't be read.")


def facts(made: Backup) -> dict[str, Any]:
    """Return what is told of a backup."""
    return {
        "name": made.name,
        "city": made.city,
        "from": made.ended_at.isoformat(),
        "stored_bytes": made.stored_bytes,
        "data_bytes": made.data_bytes,
        "keys_enclosed": made.keys_enclosed,
        "directory": str(made.directory),
    }


def _list(shelf: Shelf, as_json: bool) -> None:
    backups = shelf.backups()
    if as_json:
        print_json({"directory": str(shelf.directory), "backups": [facts(it) for it in backups]})
        return
    if not backups:
        console.print(f"There is no backup in {shelf.directory}.", soft_wrap=True)
        return
    table = Table("Backup", "Can be restored from", "MB", "Keys")
    for it in backups:
        size = f"{it.stored_bytes / 1e6:.1f}"
        table.add_row(
            it.name,
            it.ended_at.astimezone().isoformat(sep=" ", timespec="seconds"),
            size,
            "enclosed" if it.keys_enclosed else "elsewhere",
        )
    out.print(table)
    console.print(f"{shelf.directory}; the log since takes {shelf.archive.bytes() / 1e6:.1f} MB.")


def _passphrase() -> str:
    given = os.environ.get("CITYCARD_BACKUP_PASSPHRASE")
    return given or str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True))
