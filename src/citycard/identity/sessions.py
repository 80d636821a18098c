"""Django sessions in our own table: found by the hash of the key, content sealed, tied to an
account.

``SESSION_ENGINE`` names this module. A stolen dump gives no session: the key in the cookie is not
in it.

A session is over when its holder took no step for a while, and in any case some time after the
sign-in; how soon depends on what it opens. Where others may sit down next (staff, level 3), the
browser forgets it when it is closed.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from citycard.identity.accounts import LEVEL_BY_CERTIFICATE
from citycard.infra import clock
from citycard.infra.crypto import SealBroken, hash_token, seal, unseal
from citycard.infra.database import execute, row

_LABEL = "identity.session.data"
_NOTED_EVERY = dt.timedelta(minutes=1)


class Limits(NamedTuple):
    """How long a session lasts.

    :ivar idle: without a step of its holder
    :ivar whole: after the sign-in, whatever they do
    """

    idle: dt.timedelta
    whole: dt.timedelta


OWN = Limits(dt.timedelta(days=14), dt.timedelta(days=30))
PROVEN = Limits(dt.timedelta(hours=1), dt.timedelta(hours=10))
STAFF = Limits(dt.timedelta(minutes=30), dt.timedelta(hours=10))


def limits_of(content: Mapping[str, Any]) -> Limits:
    """Return how long a session with this content lasts."""
    if content.get("kind") == "staff":
        return STAFF
    return PROVEN if content.get("level", 0) >= LEVEL_BY_CERTIFICATE else OWN


class _Lasts(NamedTuple):
    """What the row says of the session's end."""

    expires_at: dt.datetime
    ends_at: dt.datetime
    idle: dt.timedelta


class SessionStore(SessionBase):
    """One browser's session."""

    _lasts: _Lasts | None = None

    def exists(self, session_key: str | None) -> bool:
        """Tell whether a session with this key is there."""
        found = row(
            "SELECT 1 AS one FROM identity_session WHERE key_hash = %s", [_hash(session_key)]
        )
        return found is not None

    def load(self) -> dict[str, Any]:
        """Return the session's content; an unknown or ended one is empty and loses its key."""
        found = row(
            "SELECT data, expires_at, ends_at, idle FROM identity_session"
            " WHERE key_hash = %s AND expires_at > %s",
            [_hash(self.session_key), clock.now()],
        )
        if found is None:
            self._session_key = None
            return {}
        self._lasts = _Lasts(found.expires_at, found.ends_at, found.idle)
        try:
            content = json.loads(unseal(_LABEL, found.data, row=_hash(self.session_key).hex()))
        except SealBroken:
            return {}
        return dict(content)

    def create(self) -> None:
        """Begin a session under a new key."""
        self._lasts = None
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]  # not in stubs
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Store the content.

        :raises CreateError: the key is taken
        :raises UpdateError: the session ended meanwhile: it is not brought back
        """
        if self.session_key is None:
            self.create()
            return
        content = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # no stub
        key_hash, limits = _hash(self.session_key), limits_of(content)
        values = {
            "key": key_hash,
            "data": seal(_LABEL, json.dumps(content), row=key_hash.hex()),
            "account": content.get("account_id"),
            "level": content.get("level", 0),
            "idle": limits.idle,
            "whole": limits.whole,
            "now": clock.now(),
        }
        if not execute(_CREATE if must_create else _UPDATE, values):
            raise CreateError if must_create else UpdateError

    def get_expiry_age(self, **_: Any) -> int:
        """Return for how many seconds the browser may keep the key."""
        return int(self._limits().whole.total_seconds())

    def get_expire_at_browser_close(self) -> bool:
        """Tell whether the browser forgets the key when it is closed."""
        return self._limits() is not OWN

    def _limits(self) -> Limits:
        return limits_of({"kind": self.get("kind"), "level": self.get("level", 0)})

    def delete(self, session_key: str | None = None) -> None:
        """End a session: this one, or the one with the key."""
        key = session_key or self.session_key
        if key is not None:
            execute("DELETE FROM identity_session WHERE key_hash = %s", [_hash(key)])

    @classmethod
    def clear_expired(cls) -> None:
        """Delete sessions that are over."""
        execute("DELETE FROM identity_session WHERE expires_at <= %s", [clock.now()])


_CREATE = """
INSERT INTO identity_session
    (key_hash, data, account_id, level, idle, expires_at, ends_at, created_at)
VALUES (%(key)s, %(data)s, %(account)s, %(level)s, %(idle)s, %(now)s + %(idle)s,
    %(now)s + %(whole)s, %(now)s)
ON CONFLICT DO NOTHING
"""

# The session's key is new at each sign-in, so its end counts from there.
_UPDATE = """
UPDATE identity_session SET data = %(data)s, account_id = %(account)s, level = %(level)s,
    idle = %(idle)s, ends_at = created_at + %(whole)s,
    expires_at = least(created_at + %(whole)s, %(now)s + %(idle)s)
WHERE key_hash = %(key)s
"""


def stay(*, session: SessionBase) -> None:
    """Note that a session's holder took a step: it lasts on from now, up to its end."""
    assert isinstance(session, SessionStore), "SESSION_ENGINE names this module"
    lasts = session._lasts
    if lasts is None:
        return
    until = min(lasts.ends_at, clock.now() + lasts.idle)
    if until - lasts.expires_at < _NOTED_EVERY:
        return
    execute(
        "UPDATE identity_session SET expires_at = %s WHERE key_hash = %s",
        [until, _hash(session.session_key)],
    )


def end_sessions_of(*, account_id: int) -> int:
    """End every session of an account, wherever it is signed in; returns how many."""
    return execute("DELETE FROM identity_session WHERE account_id = %s", [account_id])


def clear_expired(*, now: dt.datetime) -> None:
    """Delete sessions and sign-in challenges that are over; for the timetable."""
    execute("DELETE FROM identity_session WHERE expires_at <= %s", [now])
    day_ago = now - dt.timedelta(days=1)
    execute("DELETE FROM identity_email_challenge WHERE expires_at <= %s", [day_ago])
    execute("DELETE FROM identity_certificate_challenge WHERE expires_at <= %s", [day_ago])


def _hash(key: str | None) -> bytes:
    return hash_token(key or "")
