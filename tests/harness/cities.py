"""Cities for tests: a clone in which a pack is active, and one whose server may be killed."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from citycard.config import migrating
from citycard.infra.postgres.cluster import Cluster, one_at_a_time
from citycard.infra.postgres.place import Place, make_directory
from tests.harness.databases import Clone, clone_of, fingerprint


@dataclass(frozen=True, kw_only=True)
class City:
    """A database in which one city's pack is active."""

    code: str
    database: Clone

    @classmethod
    def settled_in(cls, database: Clone, *, code: str) -> Iterator["City"]:
        """Activate the pack of `code` in `database` for as long as the caller needs it."""
        from citycard.config import wiring

        with wiring.city(code):
            yield cls(code=code, database=database)

    def settle(self) -> None:
        """Let every subscriber, outbox and due job finish: until nothing is left to do."""
        from citycard.config import wiring

        wiring.settle()


@dataclass(frozen=True, kw_only=True)
class DurableCity:
    """A server with fsync on, and the migrated database on it."""

    cluster: Cluster
    database: Clone


@contextlib.contextmanager
def durable(root: Path) -> Iterator[DurableCity]:
    """Have a server and its migrated database, begun as a copy of one that was made before."""
    place = Place(root=root, city=f"durable-{os.getpid()}")
    _copy(_migrated(root), place)
    cluster = Cluster(place)
    cluster.start()
    try:
        yield DurableCity(cluster=cluster, database=clone_of(cluster, "citycard"))
    finally:
        cluster.leave()
        shutil.rmtree(cluster.place.directory)


def _migrated(root: Path) -> Place:
    """Return where a stopped server's data lie, made once for each state of the migrations."""
    place = Place(root=root, city=f"begun-{fingerprint()}")
    ready = place.directory / "ready"
    with one_at_a_time(root / "begun.lock"):
        if not ready.exists():
            for old in root.glob("begun-*"):
                shutil.rmtree(old)
            with Cluster(place, durable=False).running() as cluster:
                migrating.migrate(cluster.owner_url())
            ready.touch()
    return place


def _copy(begun: Place, place: Place) -> None:
    """Copy a server's data as they are: they belong to its own account."""
    make_directory(place.directory, mode=0o755)
    subprocess.run(["cp", "-a", begun.data, begun.passwords, place.directory], check=True)
