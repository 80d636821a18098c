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


HOUR, MINUTE, DAY = dt.timedelta(hours=1), dt.timedelta(minutes=1), dt.timedelta(days=1)
STAFF = {"account_id": 7, "kind": "staff", "level": 2}
PROVEN = {"account_id": 8, "kind": "resident", "level": 3}
RESIDENT = {"account_id": 9, "kind": "resident", "level": 1}


def is_signed_in(session: SessionStore, at: dt.datetime, *, step: bool = False) -> bool:
    """Ask as a request at an instant does; a step is one that its holder took."""
    with clock.stopped_at(at):
        again = SessionStore(session.session_key)
        found = again.get("account_id") is not None
        if found and step:
            identity.stay(session=again)
    return found


# who, for how long without a step, for how long at most
@pytest.mark.parametrize(
    ("who", "idle", "whole"),
    [(STAFF, 30 * MINUTE, 10 * HOUR), (PROVEN, HOUR, 10 * HOUR), (RESIDENT, 14 * DAY, 30 * DAY)],
)
def test_a_session_ends_without_a_step_and_in_any_case_some_day(
    who: dict[str, object], idle: dt.timedelta, whole: dt.timedelta
) -> None:
    began = clock.now()
    with clock.stopped_at(began):
        left, used = begin(**who), begin(**who)
    assert is_signed_in(left, began + idle - MINUTE)  # asked, but not by a step
    assert not is_signed_in(left, began + idle)
    at = began
    while (at := at + idle - MINUTE) < began + whole:
        assert is_signed_in(used, at, step=True)
    assert not is_signed_in(used, began + whole)


def test_a_session_counts_from_its_sign_in() -> None:
    """What was looked at before it is under another key."""
    began = clock.now()
    with clock.stopped_at(began):
        session = begin(draft="x")
    with clock.stopped_at(began + 13 * DAY):
        session = SessionStore(session.session_key)
        session.load()
        session.cycle_key()
        session.update(STAFF)
        session.save()
    assert is_signed_in(session, began + 13 * DAY + 29 * MINUTE)
    assert not is_signed_in(session, began + 13 * DAY + 30 * MINUTE)


def test_where_others_sit_down_next_the_browser_forgets_it() -> None:
    forgets = [begin(**who).get_expire_at_browser_close() for who in (STAFF, PROVEN, RESIDENT)]
    assert forgets == [True, True, False]


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
