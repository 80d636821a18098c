"""The roles of a city's database, and what each may do.

`citycard_owner` owns database, schemas and tables and migrates; `citycard_app`, which the running
city uses, owns nothing: what a migration takes away from it (UPDATE on the ledger, say) stays away.
`citycard_auditor` may read the ledger's published views that name nobody, and nothing else. Nobody
signs in as it: each auditor has an account of their own that is a member of it.
"""

import json
import os
import secrets
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

ADMIN_ROLE = "citycard_admin"
OWNER_ROLE = "citycard_owner"
APP_ROLE = "citycard_app"
AUDITOR_ROLE = "citycard_auditor"
AUDITED = (
    "ledger_closings",
    "ledger_fund_lines",
    "ledger_funds",
    "ledger_journal",
    "ledger_periods",
    "ledger_positions",
)
"""The views of schema pub that an auditor's own account may read."""
DATABASE = "citycard"


def url(role: str, password: str, database: str, socket_directory: Path) -> str:
    """Return a libpq address over the unix socket."""
    host = quote(str(socket_directory), safe="")
    return f"postgresql://{role}:{quote(password)}@/{database}?host={host}&port=5432"


def write_passwords(path: Path) -> None:
    """Make a password for every role, readable by us alone."""
    passwords = {role: secrets.token_urlsafe(24) for role in (ADMIN_ROLE, OWNER_ROLE, APP_ROLE)}
    making = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(passwords, file)
    making.rename(path)


def read_passwords(path: Path) -> dict[str, str]:
    """Return role → password."""
    return {str(role): str(word) for role, word in json.loads(path.read_text()).items()}


def prepare_server(admin_url: str, passwords: dict[str, str]) -> None:
    """Make the roles and the city's database where they are missing."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for role in (OWNER_ROLE, APP_ROLE):
            if not _exists(connection, "pg_roles", "rolname", role):
                _make_role(connection, role, passwords[role])
        if not _exists(connection, "pg_roles", "rolname", AUDITOR_ROLE):
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(AUDITOR_ROLE)))
        if not _exists(connection, "pg_database", "datname", DATABASE):
            make_database(connection, DATABASE)


def make_database(
    connection: psycopg.Connection, name: str, *, template: str | None = None
) -> None:
    """Make a database that the owner owns, empty or as a copy of `template`."""
    copied = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {}{}").format(
            sql.Identifier(name), sql.Identifier(OWNER_ROLE), copied
        )
    )


def make_database_anew(admin_url: str, name: str = DATABASE) -> None:
    """Drop a database with everything in it and make it again, empty."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
        make_database(connection, name)


def prepare_database(owner_url: str, *, app_role: str = APP_ROLE) -> None:
    """Make schema pub and the application role's default privileges; run as the owner, any time.

    Needs no superuser, so that it serves an operator's own PostgreSQL too.
    """
    with psycopg.connect(owner_url) as connection:
        role = sql.Identifier(app_role)
        for statement in (
            "CREATE SCHEMA IF NOT EXISTS pub",
            "GRANT USAGE ON SCHEMA public, pub TO {}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public"
            " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA pub GRANT SELECT ON TABLES TO {}",
        ):
            connection.execute(sql.SQL(statement).format(role))


def let_auditors_read(owner_url: str) -> None:
    """Let auditors' accounts read what is published for them; run as the owner, after migrating.

    Does nothing where the role is not there: on an operator's own PostgreSQL somebody who may makes
    it first.
    """
    with psycopg.connect(owner_url) as connection:
        if not _exists(connection, "pg_roles", "rolname", AUDITOR_ROLE):
            return
        views = sql.SQL(", ").join(sql.Identifier("pub", view) for view in AUDITED)
        role = sql.Identifier(AUDITOR_ROLE)
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA pub TO {}").format(role))
        connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(views, role))


def _make_role(connection: psycopg.Connection, role: str, password: str) -> None:
    # The verifier is computed here, so that the password itself never reaches the server.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    )
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(verifier.decode())
        )
    )


def _exists(connection: psycopg.Connection, catalogue: str, column: str, name: str) -> bool:
    found = connection.execute(
        sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(
            sql.Identifier(catalogue), sql.Identifier(column)
        ),
        [name],
    )
    return found.fetchone() is not None
