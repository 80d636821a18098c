"""Django sessions in our own table: found by the hash of the key, content sealed, tied to an
account.

``SESSION_ENGINE`` names this module. A stolen dump gives no session: the key in the cookie is not
in it.
"""

import datetime as dt
import json
from typing import Any

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from citycard.infra import clock
from citycard.infra.crypto import SealBroken, hash_token, seal, unseal
from citycard.infra.database import execute, row

_LABEL = "identity.session.data"


class SessionStore(SessionBase):
    """One browser's session."""

    def exists(self, session_key: str | None) -> bool:
        """Tell whether a session with this key is there."""
        found = row(
            "SELECT 1 AS one FROM identity_session WHERE key_hash = %s", [_hash(session_key)]
        )
        return found is not None

    def load(self) -> dict[str, Any]:
        """Return the session's content; an unknown or ended one is empty and loses its key."""
        found = row(
            "SELECT data FROM identity_session WHERE key_hash = %s AND expires_at > %s",
            [_hash(self.session_key), clock.now()],
        )
        if found is None:
            self._session_key = None
            return {}
        try:
            content = json.loads(unseal(_LABEL, found.data, row=_hash(self.session_key).hex()))
        except SealBroken:
            return {}
        return dict(content)

    def create(self) -> None:
        """Begin a session under a new key."""
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
        key_hash, now = _hash(self.session_key), clock.now()
        values = {
            "key": key_hash,
            "data": seal(_LABEL, json.dumps(content), row=key_hash.hex()),
            "account": content.get("account_id"),
            "level": content.get("level", 0),
            "expires": now + dt.timedelta(seconds=self.get_expiry_age()),
            "now": now,
        }
        if not execute(_CREATE if must_create else _UPDATE, values):
            raise CreateError if must_create else UpdateError

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
INSERT INTO identity_session (key_hash, data, account_id, level, expires_at, created_at)
VALUES (%(key)s, %(data)s, %(account)s, %(level)s, %(expires)s, %(now)s) ON CONFLICT DO NOTHING
"""

_UPDATE = """
UPDATE identity_session SET data = %(data)s, account_id = %(account)s, level = %(level)s,
    expires_at = %(expires)s
WHERE key_hash = %(key)s
"""


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
