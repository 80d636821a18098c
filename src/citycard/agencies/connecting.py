"""Agencies' own systems: connecting one, its key, taking it out."""

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from citycard.agencies.events import ClientConnected, ClientKeyRotated, ClientRevoked
from citycard.agencies.webhooks import change_webhook, webhooks
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


class NotAPublicKey(Refused):
    """This is no public key: a P-256 key in PEM is."""

    code = "agencies.not_a_public_key"


class ClientIsRevoked(Refused):
    """The system “{client}” was taken out; connect it anew under a new code."""

    code = "agencies.client_is_revoked"


@dataclass(frozen=True, kw_only=True)
class Client:
    """An agency's own system as its operator sees it.

    :ivar sandbox: set up to try things out: nothing that it sends is kept
    :ivar old_key_until: until when the key before the present one holds, too
    :ivar public_key: what it signs questions with (PEM), where it does
    """

    client_id: int
    code: str
    agency: str
    state: str
    sandbox: bool
    per_minute: int
    public_key: str
    old_key_until: dt.datetime | None
    connected_at: dt.datetime
    revoked_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class ConnectedClient:
    """A system and its key, which is shown this once."""

    client_id: int
    code: str
    key: str


_CLIENT = """
SELECT id AS client_id, code, agency, state, sandbox, per_minute, public_key, old_key_until,
       connected_at, revoked_at
FROM agencies_client
"""


def connect_client(
    *, code: str, agency: str, actor: Actor, now: dt.datetime, sandbox: bool = False
) -> ConnectedClient:
    """Connect an agency's own system; its key is shown only now.

    :param sandbox: to try things out: nothing that it sends is kept

    Announces ``agencies.client.connected``.

    :raises ClientCodeUsed: codes are not used twice
    """
    require_unit_of_work()
    key = secrets.token_urlsafe(32)
    made = row(
        "INSERT INTO agencies_client (code, agency, key_hash, sandbox, connected_at, connected_by)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (code) DO NOTHING RETURNING id",
        [code, agency, hash_token(key), sandbox, now, actor.id],
    )
    if made is None:
        raise ClientCodeUsed(client=code)
    announce(ClientConnected(client_id=made.id))
    return ConnectedClient(client_id=made.id, code=code, key=key)


def rotate_client_key(
    *,
    client_id: int,
    actor: Actor,
    now: dt.datetime,
    overlap: dt.timedelta = dt.timedelta(0),
) -> ConnectedClient:
    """Give a system a new key; the present one holds for the overlap, one before it no longer.

    Announces ``agencies.client.key_rotated``.

    :raises NoSuchClient: there is none with this id
    :raises ClientIsRevoked: a revoked one gets no key
    """
    found = _locked(client_id)
    if found.state != "active":
        raise ClientIsRevoked(client=found.code)
    key = secrets.token_urlsafe(32)
    execute(
        """
        UPDATE agencies_client SET key_hash = %s,
               old_key_hash = CASE WHEN %s THEN key_hash END, old_key_until = %s
        WHERE id = %s
        """,
        [hash_token(key), bool(overlap), now + overlap if overlap else None, client_id],
    )
    announce(ClientKeyRotated(client_id=client_id))
    return ConnectedClient(client_id=client_id, code=found.code, key=key)


def revoke_client(*, client_id: int, actor: Actor, now: dt.datetime) -> None:
    """Refuse a system from now on, and end its subscriptions; twice is once.

    Announces ``agencies.client.revoked``, ``agencies.webhook.changed``.

    :raises NoSuchClient: there is none with this id
    """
    if _locked(client_id).state == "revoked":
        return
    execute(
        "UPDATE agencies_client SET state = 'revoked', revoked_at = %s WHERE id = %s",
        [now, client_id],
    )
    for one in webhooks(client_id=client_id):
        change_webhook(webhook_id=one.webhook_id, state="ended", actor=actor, now=now)
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


def client_by_key(*, code: str, key: str, now: dt.datetime) -> Client | None:
    """Return the active system that holds this key, or None: unknown, revoked and wrong key look
    alike.
    """
    given = hash_token(key)
    known = row(
        "SELECT id, key_hash, old_key_hash, old_key_until FROM agencies_client"
        " WHERE code = %s AND state = 'active'",
        [code],
    )
    if known is None:
        return None
    keys = [known.key_hash]
    if known.old_key_until is not None and now < known.old_key_until:
        keys.append(known.old_key_hash)
    if not any([hmac.compare_digest(bytes(one), given) for one in keys]):
        return None
    return client(client_id=known.id)


def client_by_code(*, code: str) -> Client | None:
    """Return the active system with a code: for one that proves itself by its signature."""
    found = row(f"{_CLIENT} WHERE code = %s AND state = 'active'", [code])
    return Client(**found._asdict()) if found else None


def set_client_public_key(*, client_id: int, pem: str, actor: Actor, now: dt.datetime) -> None:
    """Note what a system signs its questions with; empty: it no longer does.

    Announces ``agencies.client.key_rotated``.

    :raises NoSuchClient, ClientIsRevoked: as for a new key
    :raises NotAPublicKey: it is none, or not of the curve P-256
    """
    found = _locked(client_id)
    if found.state != "active":
        raise ClientIsRevoked(client=found.code)
    if pem and not _is_p256(pem):
        raise NotAPublicKey()
    execute("UPDATE agencies_client SET public_key = %s WHERE id = %s", [pem, client_id])
    announce(ClientKeyRotated(client_id=client_id))


def _is_p256(pem: str) -> bool:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        return False
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _locked(client_id: int) -> Any:
    require_unit_of_work()
    found = row(
        "SELECT code, state FROM agencies_client WHERE id = %s FOR NO KEY UPDATE", [client_id]
    )
    if found is None:
        raise NoSuchClient()
    return found
