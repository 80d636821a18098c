"""A demo city: ``build_city`` makes one where there is none, ``has_city`` tells.

The same pack, number of residents, seed and day make the same city. People and cards come by the
faces' batch forms, about 300 applications are lived in full, and every tap goes through the tapping
flow; nothing is written past a face.
"""

import datetime as dt
import os
from pathlib import Path

from django.conf import settings

from citycard.infra import clock
from citycard.infra.database import durable_at_the_end, scalar
from citycard.infra.packs import current_pack
from citycard.simulation import traying
from citycard.simulation.applying import strangers_apply
from citycard.simulation.building import Progress, build

DEFAULT_RESIDENTS = 20_000
KEYS = "demo-devices.json"

__all__ = [
    "DEFAULT_RESIDENTS",
    "Progress",
    "build_city",
    "device_keys",
    "has_city",
    "strangers_apply",
]


def has_city() -> bool:
    """Tell whether this database has residents already."""
    return bool(scalar("SELECT EXISTS (SELECT FROM pub.members)"))


def device_keys() -> Path:
    """Return the file with the keys of the demo's readers and kiosks."""
    path: Path = settings.CITYCARD_PLACE.keys / KEYS
    return path


def kiosk_tray() -> Path:
    """Return the file with the cards that may be put on the demo kiosk."""
    path: Path = settings.CITYCARD_PLACE.directory / "kiosk" / "tray.json"
    return path


def build_city(
    *,
    progress: Progress,
    residents: int | None = None,
    seed: int = 1,
    on: dt.date | None = None,
) -> None:
    """Build a demo city; the demo registers answer at once while it is built.

    :param on: the city's today; None: today
    """
    pack = current_pack()
    before = os.environ.get("CITYCARD_DEMO_DELAY")
    os.environ["CITYCARD_DEMO_DELAY"] = "0"
    try:
        with durable_at_the_end():
            world = build(
                pack=pack,
                residents=residents or DEFAULT_RESIDENTS,
                on=on or pack.time.day(clock.now()),
                seed=seed,
                keys=device_keys(),
                progress=progress,
            )
        traying.lay_out(world, kiosk_tray())
    finally:
        if before is None:
            del os.environ["CITYCARD_DEMO_DELAY"]
        else:
            os.environ["CITYCARD_DEMO_DELAY"] = before
