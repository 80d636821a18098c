"""Bring a database to this code's schema, as its owner; know quickly when nothing is pending.

What was migrated last is written into the database itself (the comment of schema `pub`), so it
travels with a dump and a start that has nothing to do asks one question.
"""

import hashlib
import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from citycard.infra.postgres import roles

PACKAGE = Path(__file__).resolve().parents[1]
BROUGHT_BY_OTHERS = ("Django", "procrastinate")  # their migrations change with their version


STANDS_AT = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'pub'"


class MigrationFailed(Exception):
    """A migration did not go through; the message is what Django said."""


def fingerprint() -> str:
    """Return a hash of every migration and every SQL file, ours and those of the libraries."""
    digest = hashlib.sha256()
    for name in BROUGHT_BY_OTHERS:
        digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    for path in _migration_files():
        digest.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def is_current(url: str) -> bool:
    """Return whether the database at `url` stands at this code's schema; any role may ask."""
    with psycopg.connect(url) as connection:
        found = connection.execute(STANDS_AT).fetchone()
    return found is not None and found[0] == remark()


def migrate(owner_url: str, *, say: Callable[[str], None] = lambda line: None) -> None:
    """Apply what is pending, telling `say` each migration as it is applied.

    :raises MigrationFailed: Django refused; nothing of the failed migration stays.
    """
    roles.prepare_database(owner_url)
    process = subprocess.Popen(
        [sys.executable, "-m", "django", "migrate", "--no-input", "--no-color", "--skip-checks"],
        env=os.environ
        | {
            "DATABASE_URL": owner_url,
            "CITYCARD_DB_POOL": "0",
            "DJANGO_SETTINGS_MODULE": "citycard.config.settings",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said: list[str] = []
    assert process.stdout is not None
    try:
        with process.stdout as lines:
            for line in lines:
                said.append(line)
                if line.lstrip().startswith("Applying"):
                    say(line.strip().removeprefix("Applying ").split("...")[0])
    except BaseException:  # asked to stop: the open migration rolls back
        process.terminate()
        process.wait()
        raise
    if process.wait() != 0:
        raise MigrationFailed("".join(said[-40:]))
    roles.let_auditors_read(owner_url)
    _remember(owner_url)


def _remember(owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute(
            psycopg.sql.SQL("COMMENT ON SCHEMA pub IS {}").format(psycopg.sql.Literal(remark()))
        )


def remark() -> str:
    """Return what a database says of itself that stands at this code's schema."""
    return f"citycard migrations {fingerprint()}"


def _migration_files() -> Iterator[Path]:
    yield from sorted(
        path
        for pattern in ("**/migrations/**/*.py", "**/sql/**/*.sql")
        for path in PACKAGE.glob(pattern)
    )
