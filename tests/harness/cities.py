"""Cities for tests: a clone in which a pack is active, and one whose server may be killed."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from citycard.config import migrating
from citycard.infra.postgres.cluster import Cluster
from citycard.infra.postgres.place import Place
from tests.harness.databases import Clone, clone_of


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
    """Make a server, migrate its database, and remove both afterwards."""
    cluster = Cluster(Place(root=root, city=f"durable-{os.getpid()}"))
    cluster.start()
    try:
        migrating.migrate(cluster.owner_url())
        yield DurableCity(cluster=cluster, database=clone_of(cluster, "citycard"))
    finally:
        cluster.leave()
        shutil.rmtree(cluster.place.directory)
