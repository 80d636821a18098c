"""Requests that other systems may send again: one key, one content, one answer.

A key belongs to one client and one route and is kept for 30 days. ``begin`` says whether the
request is new, was answered (with what), or is under way elsewhere; ``finish`` keeps what was
answered; ``give_up`` frees a key whose request changed nothing. An answer that tells anything about
a person is never kept: what it did must then be idempotent by itself.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass

from citycard.infra.database import execute, row
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.errors import Refused

KEPT = dt.timedelta(days=30)
LEASE = dt.timedelta(seconds=60)
"""After so long without an answer, whoever did the work is taken for dead."""


class KeyOfAnother(Refused):
    """This Idempotency-Key was used for another content; take a new one."""

    code = "infra.idempotency_key_of_another"
    http_status = 422


class UnderWay(Refused):
    """A request with this Idempotency-Key is under way; ask again in a moment."""

    code = "infra.idempotency_under_way"
    http_status = 409


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """A request under its key."""

    client: str
    route: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Answered:
    """That a request was answered before.

    :ivar answer: what was said; None where that is not kept, and is made anew
    """

    status: int
    answer: str | None


def begin(*, ticket: Ticket, content: bytes, now: dt.datetime) -> Answered | None:
    """Take a request up; None: it is new, or whoever had it died, and it is to be done.

    :raises KeyOfAnother: the key stands for another content
    :raises UnderWay: somebody is at it
    """
    require_unit_of_work()
    digest = hashlib.sha256(content).digest()
    name = [ticket.client, ticket.route, ticket.key]
    taken = execute(
        "INSERT INTO infra_request_key (client, route, key, content_hash, begun_at)"
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [*name, digest, now],
    )
    if taken:
        return None
    found = row(
        "SELECT content_hash, begun_at, ended_at, status, answer FROM infra_request_key"
        " WHERE client = %s AND route = %s AND key = %s FOR UPDATE",
        name,
    )
    if found is None:
        raise UnderWay()  # it was given up this very moment
    if bytes(found.content_hash) != digest:
        raise KeyOfAnother()
    if found.ended_at is not None:
        return Answered(status=found.status, answer=found.answer)
    if found.begun_at > now - LEASE:
        raise UnderWay()
    execute(
        "UPDATE infra_request_key SET begun_at = %s WHERE client = %s AND route = %s AND key = %s",
        [now, *name],
    )
    return None


def finish(*, ticket: Ticket, status: int, answer: str | None, now: dt.datetime) -> None:
    """Keep that a request was answered, and with what.

    :param answer: None where it tells anything about a person
    """
    require_unit_of_work()
    execute(
        "UPDATE infra_request_key SET ended_at = %s, status = %s, answer = %s"
        " WHERE client = %s AND route = %s AND key = %s AND ended_at IS NULL",
        [now, status, answer, ticket.client, ticket.route, ticket.key],
    )


def give_up(*, ticket: Ticket) -> None:
    """Free the key of a request that was refused and changed nothing."""
    require_unit_of_work()
    execute(
        "DELETE FROM infra_request_key WHERE client = %s AND route = %s AND key = %s"
        " AND ended_at IS NULL",
        [ticket.client, ticket.route, ticket.key],
    )


def clear(*, now: dt.datetime) -> int:
    """Forget keys that are older than they are kept; returns how many."""
    require_unit_of_work()
    return execute("DELETE FROM infra_request_key WHERE begun_at < %s", [now - KEPT])
