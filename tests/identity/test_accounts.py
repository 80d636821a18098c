"""Whose account it is: linked only on proof; levels rise; personas only in a demo."""

import datetime as dt

import pytest
from django.test import override_settings

from citycard.identity import api as identity
from citycard.infra.database import execute, rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)


def open_(*accounts: identity.NewAccount) -> list[int | None]:
    with unit_of_work():
        return identity.open_accounts(accounts=accounts, actor=SYSTEM, now=NOW)


def by_email(email: str = "ming@example.test") -> int:
    from citycard.identity.accounts import open_for_email

    with unit_of_work():
        return open_for_email(email, NOW).account_id


def link(account_id: int, member_id: int, proof: str, level: int = 2) -> None:
    with unit_of_work():
        identity.link_member(
            account_id=account_id,
            member_id=member_id,
            level=level,
            proof=proof,
            actor=SYSTEM,
            now=NOW,
        )


def test_proof_links_and_a_level_only_rises() -> None:
    account_id = by_email()
    link(account_id, 7, "counter", level=2)
    link(account_id, 7, "register", level=1)
    account = identity.account_of_member(member_id=7)
    assert account is not None
    assert (account.account_id, account.level) == (account_id, 2)


def test_a_register_alone_links_nobody() -> None:
    """It confirms that a person exists, not that the holder of this account is that person."""
    with pytest.raises(identity.ProofNeeded):
        link(by_email(), 7, "register")


def test_a_member_has_one_account_and_an_account_one_member() -> None:
    (first,) = open_(identity.NewAccount(member_id=7, level=2))
    second = by_email()
    assert first is not None
    with pytest.raises(identity.MemberHasAccount):
        link(second, 7, "certificate")
    with pytest.raises(identity.AccountIsAnothers):
        link(first, 8, "certificate")
    with pytest.raises(identity.NoSuchAccount):
        link(0, 9, "certificate")


def test_a_clerk_links_an_address_that_was_signed_in_with() -> None:
    account_id = by_email("ming@example.test")
    with unit_of_work():
        identity.link_by_email(
            email="MING@example.test", member_id=7, level=3, actor=SYSTEM, now=NOW
        )
    account = identity.account(account_id=account_id)
    assert (account.member_id, account.level) == (7, 3)
    with unit_of_work(), pytest.raises(identity.NoSuchAccount):
        identity.link_by_email(
            email="typo@example.test", member_id=8, level=3, actor=SYSTEM, now=NOW
        )


def test_accounts_open_in_a_batch_and_once() -> None:
    people = [identity.NewAccount(member_id=n, level=2, email=f"p{n}@x.test") for n in range(1, 4)]
    ids = open_(*people)
    assert len(set(ids)) == 3
    assert open_(*people) == [None, None, None]


def test_the_actor_is_what_the_session_proved() -> None:
    (account_id,) = open_(identity.NewAccount(member_id=7, level=3))
    assert account_id is not None
    weak = identity.actor_of(account_id=account_id, level=1, now=NOW)
    strong = identity.actor_of(account_id=account_id, level=3, now=NOW)
    assert weak is not None
    assert strong is not None
    assert (weak.level, strong.level) == (1, 3)
    assert (weak.id, weak.roles, weak.member_id) == (f"account:{account_id}", {"resident"}, 7)
    assert identity.actor_of(account_id=0, now=NOW) is None


def test_an_address_is_its_owners_to_see() -> None:
    account_id, other = by_email("Ming@Example.test"), by_email("hua@example.test")
    actor = identity.actor_of(account_id=account_id, now=NOW)
    assert actor is not None
    assert identity.own_email(account_id=account_id, actor=actor) == "Ming@Example.test"
    with pytest.raises(identity.NoSuchAccount):
        identity.own_email(account_id=other, actor=actor)
    assert "xample" not in str(rows("SELECT t::text AS row FROM identity_account t"))


def test_a_persona_is_somebody_in_a_demo_and_nobody_elsewhere() -> None:
    (account_id,) = open_(identity.NewAccount(member_id=7, level=2))
    assert account_id is not None
    with override_settings(CITYCARD_DEMO=True, CITYCARD_PERSONAS=True):
        with unit_of_work():
            identity.register_persona(code="resident", account_id=account_id)
        assert [one.code for one in identity.personas()] == ["resident"]
        with unit_of_work():
            assert identity.sign_in_persona(code="resident", now=NOW).account_id == account_id
        with unit_of_work(), pytest.raises(identity.NoSuchPersona):
            identity.sign_in_persona(code="emperor", now=NOW)
        assert identity.verify() == []
    for settings in (
        {"CITYCARD_DEMO": False, "CITYCARD_PERSONAS": True},
        {"CITYCARD_DEMO": True, "CITYCARD_PERSONAS": False},
    ):
        with override_settings(**settings):
            assert identity.personas() == []
            with unit_of_work(), pytest.raises(identity.PersonasAreOff):
                identity.sign_in_persona(code="resident", now=NOW)
            with unit_of_work(), pytest.raises(identity.PersonasAreOff):
                identity.register_persona(code="resident", account_id=account_id)
            with pytest.raises(identity.PersonasAreOff):
                identity.demo_mails()
            with pytest.raises(identity.PersonasAreOff):
                identity.present_demo_card(id_number="A123456789", pin="123456", nonce=b"")
            assert [one.check for one in identity.verify()] == ["identity.personas"]


def test_verify_names_a_level_that_rests_on_nobody() -> None:
    account_id = by_email()
    execute("UPDATE identity_account SET level = 3 WHERE id = %s", [account_id])
    assert [one.about for one in identity.verify()] == [f"account {account_id}"]
