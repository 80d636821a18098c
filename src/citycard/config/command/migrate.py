"""`citycard migrate`: bring a database to this version's schema, as its owner."""

from citycard.config import instance, preparing
from citycard.config.command.options import City
from citycard.config.command.saying import console, stop
from citycard.config.migrating import MigrationFailed
from citycard.infra.postgres.errors import PostgresProblem


def migrate(city: City = None) -> None:
    """Bring the database to this version's schema; does nothing when it is.

    Uses MIGRATE_DATABASE_URL, or the embedded PostgreSQL's owner.
    """
    try:
        with instance.running(city) as here:
            changed = preparing.migrate(here, lambda name: console.print(f"  {name}"))
    except (PostgresProblem, preparing.NotPrepared, MigrationFailed) as why:
        stop(why)
    console.print("The schema was brought up to date." if changed else "Nothing is pending.")
