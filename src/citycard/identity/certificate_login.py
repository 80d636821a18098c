"""Residents sign in by citizen certificate (自然人憑證): it signs a random value, a port judges
it.
"""

import datetime as dt
import secrets
import uuid
from dataclasses import dataclass

from citycard.identity.accounts import (
    LEVEL_BY_CERTIFICATE,
    Account,
    account,
    account_of_member,
    link_member,
)
from citycard.identity.events import SignedIn
from citycard.identity.ports import Assertion, CertificateVerifier, Judgement
from citycard.infra.crypto import blind
from citycard.infra.database import execute, row, scalar
from citycard.infra.journal import announce
from citycard.infra.ports import use
from citycard.infra.unit_of_work import forbid_unit_of_work, require_unit_of_work, unit_of_work
from citycard.kernel.actors import SYSTEM
from citycard.kernel.errors import Refused
from citycard.people import api as people

_HOLDS_FOR = dt.timedelta(minutes=5)
CERTIFICATE = "identity.account.certificate"


class CertificateRefused(Refused):
    """The certificate was not accepted: {why}."""

    code = "identity.certificate_refused"


class ChallengeOver(Refused):
    """This took too long, or was sent twice; please begin again."""

    code = "identity.challenge_over"


class NotAMember(Refused):
    """Nobody with this ID number has a city card yet; please apply first."""

    code = "identity.not_a_member"


@dataclass(frozen=True, kw_only=True)
class CertificateChallenge:
    """What the certificate is to sign: ``nonce``, within five minutes, once."""

    challenge_id: str
    nonce: bytes


def start_certificate_login(*, now: dt.datetime) -> CertificateChallenge:
    """Draw a random value for a certificate to sign."""
    require_unit_of_work()
    challenge = CertificateChallenge(challenge_id=str(uuid.uuid4()), nonce=secrets.token_bytes(32))
    execute(
        "INSERT INTO identity_certificate_challenge (public_id, nonce, expires_at) VALUES (%s,"
        " %s, %s)",
        [challenge.challenge_id, challenge.nonce, now + _HOLDS_FOR],
    )
    return challenge


def sign_in_by_certificate(
    *,
    challenge_id: str,
    id_number: str,
    certificate: bytes,
    signature: bytes,
    now: dt.datetime,
    account_id: int | None = None,
) -> Account:
    """Sign in the holder of a certificate, at level 3; opens an account for a member who has none.

    Asks a port, so it is called outside any unit of work and opens its own.

    :param certificate: DER
    :param account_id: the account that is signed in already, by e-mail; it becomes the member's
        when it is nobody's and they have none, so that its applications and the card come together
    :raises ChallengeOver: the challenge is too old, was used or is none
    :raises CertificateRefused: chain, dates, revocation or signature is wrong, or it is another
        person's
    :raises NotAMember: nobody has this ID number
    :raises PortUnavailable: nobody can judge it now
    """
    forbid_unit_of_work("a certificate is judged by a port")
    with unit_of_work():
        nonce = _use_up(challenge_id, now)
    if nonce is None:
        raise ChallengeOver()
    judgement = use(CertificateVerifier).judge(
        Assertion(
            certificate=certificate, nonce=nonce, signature=signature, id_number=id_number.strip()
        )
    )
    if not judgement.holds:
        raise CertificateRefused(why=f"identity.certificate.{judgement.why}")
    (member_id,) = people.member_ids_by_number(id_numbers=[id_number])
    if member_id is None:
        raise NotAMember()
    with unit_of_work():
        return _enter(member_id, judgement, account_id, now)


def _use_up(challenge_id: str, now: dt.datetime) -> bytes | None:
    try:
        uuid.UUID(challenge_id)
    except ValueError:
        return None
    found = row(
        "UPDATE identity_certificate_challenge SET used_at = %s"
        " WHERE public_id = %s AND used_at IS NULL AND expires_at > %s RETURNING nonce",
        [now, challenge_id, now],
    )
    return None if found is None else bytes(found.nonce)


def _enter(
    member_id: int, judgement: Judgement, signed_in: int | None, now: dt.datetime
) -> Account:
    known = account_of_member(member_id=member_id)
    account_id = known.account_id if known else _unclaimed(signed_in) or _open(now)
    link_member(
        account_id=account_id,
        member_id=member_id,
        level=LEVEL_BY_CERTIFICATE,
        proof="certificate",
        actor=SYSTEM,
        now=now,
    )
    execute(
        "UPDATE identity_account SET certificate_blind = %s WHERE id = %s",
        [blind(CERTIFICATE, judgement.serial), account_id],
    )
    announce(SignedIn(account_id=account_id, way="certificate"))
    return account(account_id=account_id)


def _unclaimed(account_id: int | None) -> int | None:
    """Return the account when it is a resident's and nobody's yet."""
    if account_id is None:
        return None
    found = account(account_id=account_id)
    return account_id if found.kind == "resident" and found.member_id is None else None


def _open(now: dt.datetime) -> int:
    return int(
        scalar(
            "INSERT INTO identity_account (public_id, kind, level, password_hash, totp_last_step,"
            " failed_count, created_at) VALUES (%s, 'resident', 0, '', 0, 0, %s) RETURNING id",
            [uuid.uuid4(), now],
        )
    )
