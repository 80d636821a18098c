"""Addresses of the database as Django wants them."""

import os
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from citycard.infra.postgres import roles
from citycard.infra.postgres.place import Place


def application_url(place: Place) -> str:
    """Return DATABASE_URL, or the embedded server's once it was made, or an address of nothing."""
    return os.environ.get("DATABASE_URL") or _embedded(place, roles.APP_ROLE)


def owner_url(place: Place) -> str:
    """Return MIGRATE_DATABASE_URL, or the embedded owner's; empty with DATABASE_URL alone."""
    given = os.environ.get("MIGRATE_DATABASE_URL")
    if given or os.environ.get("DATABASE_URL"):
        return given or ""
    return _embedded(place, roles.OWNER_ROLE)


def django_database(url: str, *, pool: int, told: str = "") -> dict[str, Any]:
    """Return an entry of DATABASES for a libpq address.

    :param pool: connections that this process keeps at most; 0 for none.
    :param told: settings that each connection begins with, as libpq's `options`
    """
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    options: dict[str, Any] = (
        {"pool": {"min_size": 1, "max_size": pool, "timeout": 10}} if pool else {}
    )
    taken = ("dbname", "user", "password", "host", "port")
    options |= {name: value for name, value in parts.items() if name not in taken}
    if told:
        options["options"] = f"{options.get('options', '')} {told}".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def _embedded(place: Place, role: str) -> str:
    if not place.passwords.exists():
        return "postgresql:///citycard?host=/nonexistent"
    password = roles.read_passwords(place.passwords)[role]
    return roles.url(role, password, roles.DATABASE, place.run)
