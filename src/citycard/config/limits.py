"""How long the database may keep a process waiting, by what the process is.

Somebody stands at a door: what takes longer than a breath is cut and told, instead of holding
connections until nothing answers any more. The worker may take its time. Commands and migrations
have no limit.
"""

import os
from dataclasses import dataclass

from citycard.config import environment


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds after which the database gives up.

    :ivar statement: one statement
    :ivar lock: one wait for a lock
    :ivar idle: a transaction in which nothing is asked
    """

    statement: int
    lock: int
    idle: int


LIMITS = {
    "doors": Limits(statement=30, lock=10, idle=60),
    "gate": Limits(statement=10, lock=5, idle=15),
    "sip2": Limits(statement=5, lock=3, idle=15),
    "worker": Limits(statement=900, lock=60, idle=300),
}


def say_process(name: str) -> None:
    """Say what this process is, before its settings are read."""
    assert name in LIMITS, f"nothing is known of a process {name}"
    os.environ["CITYCARD_PROCESS"] = name


def connection_options() -> str:
    """Return what this process tells the database at each connection (libpq's `options`)."""
    given = os.environ.get("PGOPTIONS", "")
    limits = _limits()
    if limits is None:
        return given
    settings = {
        "statement_timeout": limits.statement,
        "lock_timeout": limits.lock,
        "idle_in_transaction_session_timeout": limits.idle,
    }
    ours = " ".join(f"-c {name}={seconds}s" for name, seconds in settings.items())
    return f"{given} {ours}".strip()


def _limits() -> Limits | None:
    own = LIMITS.get(environment.text("CITYCARD_PROCESS"))
    if own is None or not environment.text("CITYCARD_STATEMENT_LIMIT_S"):
        return own
    statement = environment.number("CITYCARD_STATEMENT_LIMIT_S")
    if statement == 0:
        return None
    return Limits(statement=statement, lock=min(own.lock, statement), idle=own.idle)
