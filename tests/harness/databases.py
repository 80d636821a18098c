"""A test cluster, one template database for each state of the migrations, and cheap clones.

The cluster is kept running between runs (it stops by itself after half an hour without any). Each
of xdist's workers has one of its own: how far the journal may be read depends on every transaction
of a server, so one worker's long test would hold up another's. It runs without fsync: for tests
only.
"""

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from citycard.config import migrating
from citycard.infra.postgres import roles
from citycard.infra.postgres.cluster import Cluster, one_at_a_time
from citycard.infra.postgres.place import Place

LINGER_S = 1800.0
_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Clone:
    """One migrated database and its addresses by role."""

    name: str
    app_url: str
    owner_url: str
    admin_url: str

    def environment(self) -> dict[str, str]:
        """Return the environment in which a child process uses this database."""
        return os.environ | {
            "DATABASE_URL": self.app_url,
            "MIGRATE_DATABASE_URL": self.owner_url,
            "DJANGO_SETTINGS_MODULE": "citycard.config.settings",
        }

    def owner_sql(self, statement: str, params: Any = None) -> list[Any]:
        """Run a statement as the tables' owner, commit, and return its rows (if it has any)."""
        with psycopg.connect(self.owner_url) as connection:
            done = connection.execute(statement.encode(), params)
            return done.fetchall() if done.description else []


class Databases:
    """The test cluster's databases."""

    def __init__(self, root: Path) -> None:
        name = f"cluster-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
        self.cluster = Cluster(Place(root=root, city=name), durable=False, linger_s=LINGER_S)
        self._template: str | None = None

    def start(self) -> None:
        """Start or attach to the cluster, and drop what killed runs left behind."""
        self.cluster.start()
        with self._admin() as admin, self._alone():
            for (name,) in admin.execute("SELECT datname FROM pg_database").fetchall():
                if _is_orphan(name):
                    _drop(admin, name)

    def template(self) -> str:
        """Return the migrated template of the present migrations, building it if it's new."""
        if self._template is None:
            name = f"template_{fingerprint()}"
            with self._alone(), self._admin() as admin:
                if not _is_template(admin, name):
                    self._build(admin, name)
                _forget_old_templates(admin, keep=name)
            self._template = name
        return self._template

    @contextlib.contextmanager
    def clone(self, *, of: Clone | None = None) -> Iterator[Clone]:
        """Have a copy of the template for a while; it is dropped at the end.

        :param of: another clone to copy, which nobody is connected to
        """
        template = of.name if of else self.template()
        name = f"clone_{os.getpid()}_{next(_numbers)}"
        with self._alone(), self._admin() as admin:
            roles.make_database(admin, name, template=template)
        try:
            yield clone_of(self.cluster, name)
        finally:
            with self._admin() as admin:
                _drop(admin, name)

    def _build(self, admin: psycopg.Connection, name: str) -> None:
        _drop(admin, name)
        roles.make_database(admin, name)
        migrating.migrate(self.cluster.owner_url(name))
        admin.execute(
            sql.SQL("ALTER DATABASE {} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false").format(
                sql.Identifier(name)
            )
        )

    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(self.cluster.admin_url(), autocommit=True)

    def _alone(self) -> contextlib.AbstractContextManager[None]:
        return one_at_a_time(self.cluster.place.directory / "databases.lock")


def clone_of(cluster: Cluster, name: str) -> Clone:
    """Return the addresses of one database of a cluster."""
    return Clone(
        name=name,
        app_url=cluster.app_url(name),
        owner_url=cluster.owner_url(name),
        admin_url=cluster.admin_url(name),
    )


def _is_template(admin: psycopg.Connection, name: str) -> bool:
    found = admin.execute("SELECT datistemplate FROM pg_database WHERE datname = %s", [name])
    row = found.fetchone()
    return row is not None and bool(row[0])


def _forget_old_templates(admin: psycopg.Connection, *, keep: str) -> None:
    found = admin.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%%' AND datname <> %s"
        " AND datname NOT IN ('template0', 'template1') ORDER BY oid DESC OFFSET 4",
        [keep],
    )
    for (name,) in found.fetchall():
        _drop(admin, name)


def _drop(admin: psycopg.Connection, name: str) -> None:
    quoted = sql.Identifier(name)
    with contextlib.suppress(psycopg.errors.InvalidCatalogName):
        admin.execute(sql.SQL("ALTER DATABASE {} WITH IS_TEMPLATE false").format(quoted))
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted))


def _is_orphan(name: str) -> bool:
    parts = name.split("_")
    return parts[0] == "clone" and len(parts) == 3 and not Path("/proc", parts[1]).exists()


def fingerprint() -> str:
    """Return what changes with the migrations and with how a server is set up."""
    setup = hashlib.sha256(Path(roles.__file__).read_bytes()).hexdigest()[:8]
    return f"{migrating.fingerprint()}_{setup}"
