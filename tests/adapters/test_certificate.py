"""Citizen certificates: chain, dates, whose it is, signature; and signing in with one."""

import datetime as dt
from pathlib import Path

import pytest

from citycard.adapters.certificate.demo import PIN, DemoCertification
from citycard.adapters.certificate.failing_demo import NoCertificates, RefusingCertification
from citycard.identity import api as identity
from citycard.identity.accounts import open_for_email
from citycard.identity.ports import Assertion, CertificateVerifier, Judgement
from citycard.infra import clock, ports
from citycard.infra.database import rows
from citycard.infra.unit_of_work import unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.people import api as people

NOW = dt.datetime(2026, 11, 21, 1, 0, tzinfo=dt.UTC)
NUMBER, OTHER = "A123456789", "A800000014"


@pytest.fixture
def authority(tmp_path: Path) -> DemoCertification:
    found = DemoCertification(tmp_path / "authority.pem")
    ports.provide(CertificateVerifier, found, name="certificate")
    return found


def judge(authority: DemoCertification, **changes: object) -> Judgement:
    certificate, signature = authority.present(NUMBER, PIN, b"nonce")
    given = {
        "certificate": certificate,
        "nonce": b"nonce",
        "signature": signature,
        "id_number": NUMBER,
    }
    return authority.judge(Assertion(**{**given, **changes}))


def test_a_good_certificate_holds(authority: DemoCertification) -> None:
    judgement = judge(authority)
    assert judgement.holds
    assert judgement.serial == judge(authority, id_number=" a123456789 ").serial
    assert NUMBER not in judgement.serial


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"certificate": b""}, "chain"),
        ({"certificate": b"nonsense"}, "chain"),
        ({"id_number": OTHER}, "other_person"),
        ({"nonce": b"another"}, "signature"),
        ({"signature": b""}, "signature"),
    ],
)
def test_what_is_wrong_is_named(
    authority: DemoCertification, changes: dict[str, object], why: str
) -> None:
    judgement = judge(authority, **changes)
    assert (judgement.holds, judgement.why) == (False, why)


def test_another_authoritys_certificate_is_refused(
    authority: DemoCertification, tmp_path: Path
) -> None:
    stranger = DemoCertification(tmp_path / "stranger.pem")
    certificate, signature = stranger.present(NUMBER, PIN, b"nonce")
    judgement = judge(authority, certificate=certificate, signature=signature)
    assert judgement.why == "chain"


def test_an_old_certificate_is_refused(authority: DemoCertification) -> None:
    certificate, signature = authority.present(NUMBER, PIN, b"nonce")
    with clock.stopped_at(clock.now() + dt.timedelta(days=6 * 365)):
        judgement = judge(authority, certificate=certificate, signature=signature)
    assert judgement.why == "expired"


def test_those_that_never_say_yes() -> None:
    assertion = Assertion(certificate=b"", nonce=b"", signature=b"", id_number=NUMBER)
    assert RefusingCertification().judge(assertion).why == "revoked"
    for verifier in (NoCertificates(), RefusingCertification()):
        with pytest.raises(OSError, match="connected"):
            verifier.check()
    with pytest.raises(OSError, match="connected"):
        NoCertificates().judge(assertion)


# -- signing in ---


@pytest.fixture
def member(db: None) -> int:
    person = people.NewMember(
        name="王小明", birth_on=dt.date(1950, 3, 2), sex="m", id_number=NUMBER
    )
    with unit_of_work():
        (found,) = people.enrol_many(people=[person], actor=SYSTEM, now=NOW)
    assert found.member_id is not None
    return found.member_id


def sign_in(
    authority: DemoCertification,
    number: str = NUMBER,
    pin: str = PIN,
    account_id: int | None = None,
) -> identity.Account:
    with unit_of_work():
        challenge = identity.start_certificate_login(now=NOW)
    certificate, signature = authority.present(number, pin, challenge.nonce)
    return identity.sign_in_by_certificate(
        challenge_id=challenge.challenge_id,
        id_number=number,
        certificate=certificate,
        signature=signature,
        now=NOW,
        account_id=account_id,
    )


def test_its_holder_signs_in_at_level_three(authority: DemoCertification, member: int) -> None:
    account = sign_in(authority)
    assert (account.member_id, account.level, account.kind) == (member, 3, "resident")
    assert sign_in(authority) == account
    assert "A123456789" not in str(rows("SELECT t::text AS row FROM identity_account t"))


def test_a_member_with_an_account_keeps_it(authority: DemoCertification, member: int) -> None:
    with unit_of_work():
        (account_id,) = identity.open_accounts(
            accounts=[identity.NewAccount(member_id=member, level=2, email="m@example.test")],
            actor=SYSTEM,
            now=NOW,
        )
    assert sign_in(authority).account_id == account_id


def test_who_is_signed_in_by_e_mail_takes_the_account_along(
    authority: DemoCertification, member: int
) -> None:
    with unit_of_work():
        mine, others = open_for_email("m@example.test", NOW), open_for_email("o@x.test", NOW)
    assert sign_in(authority, account_id=mine.account_id).account_id == mine.account_id
    again = sign_in(authority, account_id=others.account_id)
    assert again.account_id == mine.account_id  # the member's own account, not the one at hand
    assert identity.account(account_id=others.account_id).member_id is None


def test_a_wrong_pin_or_a_stranger_does_not(authority: DemoCertification, member: int) -> None:
    with pytest.raises(identity.CertificateRefused):
        sign_in(authority, pin="000000")
    with pytest.raises(identity.NotAMember):
        sign_in(authority, number=OTHER)


def test_a_challenge_counts_once_and_for_five_minutes(
    authority: DemoCertification, member: int
) -> None:
    with unit_of_work():
        challenge = identity.start_certificate_login(now=NOW)
    certificate, signature = authority.present(NUMBER, PIN, challenge.nonce)

    def present(now: dt.datetime) -> None:
        identity.sign_in_by_certificate(
            challenge_id=challenge.challenge_id,
            id_number=NUMBER,
            certificate=certificate,
            signature=signature,
            now=now,
        )

    with pytest.raises(identity.ChallengeOver):
        present(NOW + dt.timedelta(minutes=5))
    present(NOW)
    with pytest.raises(identity.ChallengeOver):
        present(NOW)
