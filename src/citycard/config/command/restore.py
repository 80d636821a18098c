"""`citycard restore`: the city's database as it was at a moment."""

import datetime as dt
import os
from pathlib import Path
from typing import Annotated

import typer

from citycard.config import instance, preparing, restoring, saving
from citycard.config.command.options import City
from citycard.config.command.saying import console, step, stop
from citycard.config.command.telling import bars
from citycard.config.migrating import MigrationFailed
from citycard.infra.crypto import KeysMissing
from citycard.infra.packs import PackError, current_pack
from citycard.infra.postgres.choosing import Plan
from citycard.infra.postgres.errors import PostgresProblem
from citycard.infra.postgres.place import Place
from citycard.infra.postgres.shelf import Shelf
from citycard.infra.safekeeping import WrongPassphrase

LATEST = "latest"
CANNOT = (
    PostgresProblem,
    KeysMissing,
    WrongPassphrase,
    PackError,
    preparing.NotPrepared,
    MigrationFailed,
)


def restore(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help='The moment, like "2026-11-21T10:00+08:00" (without an offset: in the city\'s '
            'own time), or "latest".',
            metavar="MOMENT",
        ),
    ],
    city: City = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="The directory of the city's backups.", metavar="DIRECTORY"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask before replacing.")] = False,
) -> None:
    """Restore the city's database as it was at a moment; the present data is put aside.

    The city must be stopped. Keys, archive and moment are checked, and the moment is recovered
    whole, before anything is replaced. An empty state directory becomes the restored city.
    """
    try:
        saving.refuse_foreign_server()
        place = instance.choose(city)
        moment = _moment(to)
        shelf = Shelf(directory=source.resolve() if source else place.backups)
        plan = restoring.plan(shelf, place, to=moment)
        keys = restoring.check_keys(plan.backup, place, ask=_passphrase)
        with restoring.alone(place):
            _ask_first(plan, place, yes)
            saving.put_keys(place, keys)
            with bars() as tell:
                restored = restoring.restore(plan, place, tell=tell)
        with step("The restored city's database starts"):
            restoring.wake(place.city)
    except CANNOT as why:
        stop(why)
    last = restored.last_commit_at
    until = f"; its last transaction was at {_local(last)}" if last else ""
    console.print(f"[green]✓[/green] Restored from {plan.backup.name}{until}.")
    if restored.aside:
        console.print(f"The data before lies in {restored.aside}; remove it when you are sure.")
    console.print("Start the city with citycard up, ask citycard verify, and take a backup.")


def _moment(written: str) -> dt.datetime | None:
    if written == LATEST:
        return None
    try:
        moment = dt.datetime.fromisoformat(written)
    except ValueError:
        stop(f'{written!r} is no moment; write it like "2026-11-21T10:00+08:00".', code=2)
    return moment if moment.tzinfo else moment.replace(tzinfo=current_pack().time.zone)


def _ask_first(plan: Plan, place: Place, yes: bool) -> None:
    if yes or not (place.data / "PG_VERSION").is_file():
        return
    wanted = "everything in the archive" if plan.to is None else f"as it was at {_local(plan.to)}"
    console.print(
        f"{place.city} will be {wanted}. What happened since is not in it. The present data is put "
        "aside, not deleted.",
        soft_wrap=True,
    )
    if not _agreed():
        stop("Nothing was changed.", code=1)


def _agreed() -> bool:
    try:
        return typer.confirm("Replace it?", default=False, err=True)
    except typer.Abort:  # Ctrl-C, or nobody there to ask
        return False


def _local(moment: dt.datetime) -> str:
    return current_pack().time.local(moment).isoformat(sep=" ", timespec="seconds")


def _passphrase() -> str:
    given = os.environ.get("CITYCARD_BACKUP_PASSPHRASE")
    return given or str(typer.prompt("Passphrase of the enclosed keys", hide_input=True))
