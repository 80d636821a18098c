"""`citycard demo`: build a demo city to look at, to test and to measure."""

import datetime as dt
import time
from typing import Annotated

import typer

from citycard.config import instance, preparing
from citycard.config.command.options import City
from citycard.config.command.saying import console, progress, step, stop
from citycard.config.migrating import MigrationFailed
from citycard.infra.packs import PackError
from citycard.infra.postgres.errors import PostgresProblem


def demo(
    city: City = None,
    residents: Annotated[
        int, typer.Option(help="How many residents to invent.", min=1, metavar="N")
    ] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed and day make the same city.")] = 1,
    on: Annotated[
        dt.datetime | None,
        typer.Option(help="The city's today; weeks of life lie before it.", formats=["%Y-%m-%d"]),
    ] = None,
) -> None:
    """Build a demo city: residents after the real register's figures, and some weeks of life.

    Refuses where the city has residents already.
    """
    started = time.monotonic()
    try:
        with instance.running(city, demo=True) as here:
            preparing.discard_unfinished_city(here)
            preparing.migrate(here, lambda name: console.print(f"  {name}"))
            instance.set_up_django()
            with step(f"City pack: {here.city}"):
                preparing.activate_pack()
            simulation = preparing.find_simulation()
            if simulation is None:
                stop("This build has no simulation.")
            if simulation.has_city():
                stop(
                    f"{here.city} has residents already; a demo is built where there are none.",
                    code=1,
                )
            with progress() as bars:
                preparing.build_demo_city(
                    here,
                    progress=bars,
                    residents=residents,
                    seed=seed,
                    on=on.date() if on else None,
                )
    except (PostgresProblem, preparing.NotPrepared, MigrationFailed, PackError) as why:
        stop(why)
    console.print(f"Built in {time.monotonic() - started:.1f} s.")
