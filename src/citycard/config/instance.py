"""Have one city's instance at hand: its environment, keys, database and Django, in this process."""

import contextlib
import datetime as dt
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from citycard.config import environment
from citycard.infra.packs.finding import current_code
from citycard.infra.postgres.cluster import Cluster
from citycard.infra.postgres.place import Place, make_directory, place_of


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A city's instance: where its state lies and the server that was started for it.

    :ivar cluster: None when DATABASE_URL names a PostgreSQL of the operator's own
    """

    city: str
    place: Place
    cluster: Cluster | None

    def app_url(self) -> str:
        """Return the database's address as the application's role."""
        return self.cluster.app_url() if self.cluster else os.environ["DATABASE_URL"]

    def owner_url(self) -> str:
        """Return the database's address as the owner; empty when the operator gave none."""
        if self.cluster:
            return self.cluster.owner_url()
        return os.environ.get("MIGRATE_DATABASE_URL", "")


def choose(city: str | None, *, demo: bool | None = None) -> Place:
    """Say in the environment which city this process and its children serve.

    :param demo: None keeps what the state directory says of itself
    """
    code = city or current_code()
    os.environ["CITYCARD_CITY"] = code
    os.environ["DJANGO_SETTINGS_MODULE"] = "citycard.config.settings"
    place = place_of(code)
    if demo is None and "CITYCARD_DEMO" not in os.environ:
        demo = (place.directory / "demo").exists()
    if demo is not None:
        os.environ["CITYCARD_DEMO"] = "1" if demo else "0"
    return place


@contextlib.contextmanager
def running(city: str | None, *, demo: bool | None = None) -> Iterator[Instance]:
    """Start or attach to the city's database, make keys that are missing, set Django up.

    Leaving stops the embedded server again, unless another process uses it.
    """
    place = choose(city, demo=demo)
    make_directory(place.directory, mode=0o755)
    make_keys(place)
    cluster = None if os.environ.get("DATABASE_URL") else Cluster(place)
    if cluster:
        cluster.start()
    try:
        yield Instance(city=os.environ["CITYCARD_CITY"], place=place, cluster=cluster)
    finally:
        if cluster:
            cluster.leave()


def set_up_django() -> None:
    """Load the settings and every app; after the database's address is known."""
    import django

    django.setup()


def make_keys(place: Place) -> None:
    """Make the keys that are missing: those of sealed fields, and the one that signs cookies."""
    from citycard.infra import crypto

    make_directory(place.keys, mode=0o700)
    keys = Path(os.environ.setdefault("CITYCARD_KEYS", str(place.keys / "keys.json")))
    if not keys.exists():
        crypto.make_keys(keys, made_at=dt.datetime.now(dt.UTC).isoformat())
    cookies = place.keys / "cookies.key"
    if not cookies.exists():
        descriptor = os.open(cookies, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    if environment.flag("CITYCARD_DEMO"):
        (place.directory / "demo").touch()
