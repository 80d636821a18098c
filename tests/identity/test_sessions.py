"""Sessions: found by the hash of their key, sealed, tied to an account, over when they are over."""

import datetime as dt

import pytest
from django.contrib.sessions.backends.base import UpdateError

from citycard.identity import api as identity
from citycard.identity.sessions import SessionStore
from citycard.infra import clock
from citycard.infra.crypto import hash_token
from citycard.infra.database import rows, scalar

pytestmark = pytest.mark.django_db


def begin(**content: object) -> SessionStore:
    session = SessionStore()
    session.update(content)
    session.create()
    session.save()
    return session


def test_what_was_stored_comes_back_under_its_key_alone() -> None:
    session = begin(account_id=7, level=2, draft="x")
    again = SessionStore(session.session_key)
    assert (again["account_id"], again["draft"]) == (7, "x")
    assert SessionStore("another-key-of-thirty-two-chars-x").get("account_id") is None
    assert SessionStore().exists(session.session_key)


def test_a_dump_gives_neither_key_nor_content() -> None:
    session = begin(account_id=7, draft="secret words")
    (row,) = rows("SELECT key_hash, account_id, t::text AS all FROM identity_session t")
    assert bytes(row.key_hash) == hash_token(session.session_key or "")
    assert row.account_id == 7
    for secret in (session.session_key or "", "secret words"):
        assert secret not in row.all
        assert secret.encode().hex() not in row.all


def test_a_new_key_keeps_the_content_and_kills_the_old_one() -> None:
    session = begin(draft="x")
    old = session.session_key
    session.cycle_key()
    session.save()
    assert SessionStore(old).get("draft") is None
    assert SessionStore(session.session_key)["draft"] == "x"


def test_a_session_ends_by_time() -> None:
    session = begin(draft="x")
    later = clock.now() + dt.timedelta(seconds=session.get_expiry_age() + 1)
    with clock.stopped_at(later):
        assert SessionStore(session.session_key).get("draft") is None
        identity.clear_expired(now=later)
    assert scalar("SELECT count(*) FROM identity_session") == 0


def test_an_ended_session_is_not_brought_back() -> None:
    session = begin(account_id=7)
    assert identity.end_sessions_of(account_id=7) == 1
    session["draft"] = "x"
    with pytest.raises(UpdateError):
        session.save()
    assert SessionStore(session.session_key).get("account_id") is None


def test_content_moved_to_another_session_does_not_open() -> None:
    mine, theirs = begin(account_id=7), begin(account_id=8)
    from citycard.infra.database import execute

    execute(
        "UPDATE identity_session SET data = (SELECT data FROM identity_session WHERE key_hash = %s)"
        " WHERE key_hash = %s",
        [hash_token(theirs.session_key or ""), hash_token(mine.session_key or "")],
    )
    assert SessionStore(mine.session_key).get("account_id") is None
