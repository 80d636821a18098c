"""Agencies' own systems: connecting one, its key, taking it out."""

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from citycard.agencies.events import ClientConnected, ClientKeyRotated, ClientRevoked
from citycard.infra.crypto import hash_token
from citycard.infra.database import execute, row, rows
from citycard.infra.journal import announce
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.actors import Actor
from citycard.kernel.errors import Refused


class ClientCodeUsed(Refused):
    """A system with the code “{client}” was connected before; codes are not used twice."""

    code = "agencies.client_code_used"


class NoSuchClient(Refused):
    """There is no such system."""

    code = "agencies.no_such_client"
    http_status = 404


class ClientIsRevoked(Refused):
    """The system “{client}” was taken out; connect it anew under a new code."""

    code = "agencies.client_is_revoked"


@dataclass(frozen=True, kw_only=True)
class Client:
    """An agency's own system as its operator sees it."""

    client_id: int
    code: str
    agency: str
    state: str
    connected_at: dt.datetime
    revoked_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class ConnectedClient:
    """A system and its key, which is shown this once."""

    client_id: int
    code: str
    key: str


_CLIENT = """
SELECT id AS client_id, code, agency, state, connected_at, revoked_at FROM agencies_client
"""


def connect_client(*, code: str, agency: str, actor: Actor, now: dt.datetime) -> ConnectedClient:
    """Connect an agency's own system; its key is shown only now.

    Announces ``agencies.client.connected``.

    :raises ClientCodeUsed: codes are not used twice
    """
    require_unit_of_work()
    key = secrets.token_urlsafe(32)
    made = row(
        "INSERT INTO agencies_client (code, agency, key_hash, connected_at, connected_by)"
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (code) DO NOTHING RETURNING id",
        [code, agency, hash_token(key), now, actor.id],
    )
    if made is None:
        raise ClientCodeUsed(client=code)
    announce(ClientConnected(client_id=made.id))
    return ConnectedClient(client_id=made.id, code=code, key=key)


def rotate_client_key(*, client_id: int, actor: Actor, now: dt.datetime) -> ConnectedClient:
    """Give a system a new key; the old one is dead at once.

    Announces ``agencies.client.key_rotated``.

    :raises NoSuchClient: there is none with this id
    :raises ClientIsRevoked: a revoked one gets no key
    """
    found = _locked(client_id)
    if found.state != "active":
        raise ClientIsRevoked(client=found.code)
    key = secrets.token_urlsafe(32)
    execute("UPDATE agencies_client SET key_hash = %s WHERE id = %s", [hash_token(key), client_id])
    announce(ClientKeyRotated(client_id=client_id))
    return ConnectedClient(client_id=client_id, code=found.code, key=key)


def revoke_client(*, client_id: int, actor: Actor, now: dt.datetime) -> None:
    """Refuse a system from now on; twice is once. Announces ``agencies.client.revoked``.

    :raises NoSuchClient: there is none with this id
    """
    if _locked(client_id).state == "revoked":
        return
    execute(
        "UPDATE agencies_client SET state = 'revoked', revoked_at = %s WHERE id = %s",
        [now, client_id],
    )
    announce(ClientRevoked(client_id=client_id))


def clients(*, agency: str) -> list[Client]:
    """Return an agency's own systems, by code."""
    found = rows(f"{_CLIENT} WHERE agency = %s ORDER BY code", [agency])
    return [Client(**one._asdict()) for one in found]


def client(*, client_id: int) -> Client:
    """Return a system.

    :raises NoSuchClient: there is none with this id
    """
    found = row(f"{_CLIENT} WHERE id = %s", [client_id])
    if found is None:
        raise NoSuchClient()
    return Client(**found._asdict())


def client_by_key(*, code: str, key: str) -> Client | None:
    """Return the active system that holds this key, or None: unknown, revoked and wrong key look
    alike.
    """
    given = hash_token(key)
    known = row(
        "SELECT id, key_hash FROM agencies_client WHERE code = %s AND state = 'active'", [code]
    )
    if known is None or not hmac.compare_digest(bytes(known.key_hash), given):
        return None
    return client(client_id=known.id)


def _locked(client_id: int) -> Any:
    require_unit_of_work()
    found = row(
        "SELECT code, state FROM agencies_client WHERE id = %s FOR NO KEY UPDATE", [client_id]
    )
    if found is None:
        raise NoSuchClient()
    return found
