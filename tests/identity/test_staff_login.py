"""Staff sign in with three things; wrong tries lock; a one-time code counts once."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycard.agencies import api as agencies
from citycard.identity import api as identity
from citycard.identity import totp
from citycard.infra.database import rows
from citycard.infra.packs import current_pack
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM

NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def clerk(db: None) -> identity.StaffSecrets:
    with unit_of_work():
        agencies.activate(pack=current_pack(), now=NOW)
        staff_id = agencies.add_staff(
            username="clerk",
            display_name="櫃台",
            agency="office-daan",
            counter="office-daan",
            roles=["clerk"],
            actor=SYSTEM,
            now=NOW,
        )
        return identity.open_staff_account(
            staff_id=staff_id, password=PASSWORD, actor=SYSTEM, now=NOW
        )


def enter(
    secrets: identity.StaffSecrets, *, now: dt.datetime = NOW, **changes: str
) -> identity.Account:
    given = {
        "username": "clerk",
        "password": PASSWORD,
        "totp": totp.code_at(secrets.totp_secret, now),
    }
    return identity.sign_in_staff(**{**given, **changes}, now=now)


def test_three_right_things_sign_in(clerk: identity.StaffSecrets) -> None:
    account = enter(clerk, username=" CLERK ")
    actor = identity.actor_of(account_id=account.account_id, now=NOW)
    assert actor is not None
    assert (actor.kind, actor.roles, actor.agency, actor.counter) == (
        "staff",
        {"clerk"},
        "office-daan",
        "office-daan",
    )
    assert actor.member_id is None


@pytest.mark.parametrize(
    "changes", [{"username": "nobody"}, {"password": "wrong"}, {"totp": "000000"}, {"totp": ""}]
)
def test_one_wrong_thing_does_not_and_is_not_named(
    clerk: identity.StaffSecrets, changes: dict[str, str]
) -> None:
    with pytest.raises(identity.SignInFailed) as refused:
        enter(clerk, **changes)
    assert refused.value.facts == {}


def test_a_one_time_code_counts_once(clerk: identity.StaffSecrets) -> None:
    enter(clerk)
    with pytest.raises(identity.SignInFailed):
        enter(clerk)
    enter(clerk, now=NOW + dt.timedelta(seconds=30))


def test_five_wrong_tries_lock_for_fifteen_minutes(clerk: identity.StaffSecrets) -> None:
    for _ in range(4):
        with pytest.raises(identity.SignInFailed):
            enter(clerk, password="wrong")
    with pytest.raises(identity.AccountIsLocked):
        enter(clerk, password="wrong")
    with pytest.raises(identity.AccountIsLocked):
        enter(clerk)  # not even the right things are looked at
    enter(clerk, now=NOW + dt.timedelta(minutes=16))


def test_somebody_who_left_does_not_enter_and_their_session_is_nobodys(
    clerk: identity.StaffSecrets,
) -> None:
    account = enter(clerk)
    who = agencies.staff_by_username(username="clerk")
    assert who is not None
    with unit_of_work():
        agencies.change_staff(staff_id=who.staff_id, active=False, actor=SYSTEM, now=NOW)
    assert identity.actor_of(account_id=account.account_id, now=NOW) is None
    with pytest.raises(identity.SignInFailed):
        enter(clerk, now=NOW + dt.timedelta(minutes=1))


def test_neither_password_nor_secret_stands_in_clear(clerk: identity.StaffSecrets) -> None:
    dump = str(rows("SELECT t::text AS row FROM identity_account t"))
    assert PASSWORD not in dump
    assert clerk.totp_secret not in dump
    assert "$argon2id$" in dump
    assert clerk.totp_secret not in repr(clerk)


def test_a_short_password_is_refused(clerk: identity.StaffSecrets) -> None:
    who = agencies.staff_by_username(username="clerk")
    assert who is not None
    with unit_of_work(), pytest.raises(identity.PasswordTooShort):
        identity.open_staff_account(staff_id=who.staff_id, password="short", actor=SYSTEM, now=NOW)


# RFC 6238, appendix B, SHA-1: the last six of its eight digits
@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert totp.code_at(secret, dt.datetime.fromtimestamp(seconds, dt.UTC)) == code


@given(st.integers(min_value=0, max_value=4_000_000_000), st.integers(min_value=-45, max_value=45))
def test_a_phone_may_be_a_step_off_either_way_and_no_more(at: int, off: int) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    now = dt.datetime.fromtimestamp(at + 100, dt.UTC)
    code = totp.code_at(secret, now + dt.timedelta(seconds=off))
    steps = (at + 100 + off) // 30 - (at + 100) // 30
    found = totp.step_of(secret, code, now, -1)
    if abs(steps) <= 1:
        assert found is not None
    assert totp.step_of(secret, code, now, 10**9) is None
