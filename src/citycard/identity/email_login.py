"""Residents sign in by a code sent to their e-mail address; an address's first sign-in opens its
account.
"""

import datetime as dt
import hmac
import re
import secrets
import uuid
from typing import Any

from citycard.identity.accounts import Account, blind_email, open_for_email
from citycard.identity.events import SignedIn
from citycard.infra.crypto import keyed_hmac, seal, unseal
from citycard.infra.database import execute, row, scalar
from citycard.infra.journal import announce
from citycard.infra.outbox import enqueue
from citycard.infra.unit_of_work import forbid_unit_of_work, require_unit_of_work, unit_of_work
from citycard.kernel.errors import Refused

TOPIC = "identity.email_code"
CHALLENGE_EMAIL = "identity.email_challenge.email"
CHALLENGE_CODE = "identity.email_challenge.code"

CODE_HOLDS_FOR = dt.timedelta(minutes=10)
_TRIES_A_CODE = 5
_CODES_AN_ADDRESS = 3
_CODES_AN_ORIGIN = 30
_WINDOW = dt.timedelta(minutes=10)
_ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,255}\.[^@\s,;<>\".]{2,}")


class BadEmail(Refused):
    """This is not an e-mail address; one looks like name@example.com."""

    code = "identity.bad_email"


class TooManyCodes(Refused):
    """Several codes were asked for; please wait {minutes} minutes before the next one."""

    code = "identity.too_many_codes"
    http_status = 429


class WrongCode(Refused):
    """The code is not right; {left} tries are left."""

    code = "identity.wrong_code"


class CodeNoLongerValid(Refused):
    """This code no longer counts; please ask for a new one."""

    code = "identity.code_no_longer_valid"


def start_email_login(
    *, email: str, now: dt.datetime, language: str = "zh-hant", origin: str = ""
) -> str:
    """Send a six-digit code to an address and return the challenge's id, for this browser's
    session.

    Says the same whether the address has an account or not. The mail goes by the outbox.

    :param origin: where the request comes from (an IP address); only its keyed hash is kept
    :raises BadEmail: not an address
    :raises TooManyCodes: three codes in ten minutes for an address, or thirty from one origin
    """
    require_unit_of_work()
    email = email.strip()
    if not _ADDRESS.fullmatch(email):
        raise BadEmail()
    blinded = blind_email(email)
    origin_hash = keyed_hmac("identity.origin", "sign-in", origin) if origin else None
    _check_rate(blinded, origin_hash, now)
    number = scalar("SELECT nextval(pg_get_serial_sequence('identity_email_challenge', 'id'))")
    public_id = str(uuid.uuid4())
    code = f"{secrets.randbelow(10**6):06d}"
    execute(
        "INSERT INTO identity_email_challenge (id, public_id, email_blind, email_sealed,"
        " origin_hash,"
        " code_hash, code_sealed, language, expires_at, attempts, created_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s)",
        [
            number,
            public_id,
            blinded,
            seal(CHALLENGE_EMAIL, email, row=number),
            origin_hash,
            _hash_code(public_id, code),
            seal(CHALLENGE_CODE, code, row=number),
            language,
            now + CODE_HOLDS_FOR,
            now,
        ],
    )
    enqueue(topic=TOPIC, letters=[(public_id, number)], now=now)
    return public_id


def finish_email_login(*, challenge_id: str, code: str, now: dt.datetime) -> Account:
    """Sign in whoever read the code. Opens its own unit of work, so that a wrong try stays counted.

    :raises WrongCode: it differs; five tries a code
    :raises CodeNoLongerValid: used, too old, tried too often, or never sent
    """
    forbid_unit_of_work("a wrong try must stay counted whatever the caller does next")
    with unit_of_work():
        outcome = _try(challenge_id, code, now)
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


def _try(challenge_id: str, code: str, now: dt.datetime) -> Account | Refused:
    found = _challenge(challenge_id)
    if found is None or _is_over(found, now):
        return CodeNoLongerValid()
    digits = re.sub(r"\s", "", code)
    if not hmac.compare_digest(bytes(found.code_hash), _hash_code(challenge_id, digits)):
        execute(
            "UPDATE identity_email_challenge SET attempts = attempts + 1 WHERE id = %s", [found.id]
        )
        left = _TRIES_A_CODE - found.attempts - 1
        return WrongCode(left=left) if left else CodeNoLongerValid()
    execute(
        "UPDATE identity_email_challenge SET used_at = %s, code_sealed = NULL WHERE id = %s",
        [now, found.id],
    )
    email = unseal(CHALLENGE_EMAIL, found.email_sealed, row=found.id)
    account = open_for_email(email, now)
    announce(SignedIn(account_id=account.account_id, way="email"))
    return account


def _challenge(challenge_id: str) -> Any | None:
    try:
        uuid.UUID(challenge_id)
    except ValueError:
        return None
    return row(
        "SELECT id, email_sealed, code_hash, expires_at, attempts, used_at"
        " FROM identity_email_challenge WHERE public_id = %s FOR UPDATE",
        [challenge_id],
    )


def _is_over(found: Any, now: dt.datetime) -> bool:
    return found.used_at is not None or found.expires_at <= now or found.attempts >= _TRIES_A_CODE


def _check_rate(blinded: bytes, origin_hash: bytes | None, now: dt.datetime) -> None:
    """Count codes of the last minutes; one lock an address keeps parallel requests from slipping
    by.
    """
    execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(blinded[:8], "big", signed=True)])
    counted = row(
        "SELECT count(*) FILTER (WHERE email_blind = %(email)s) AS address,"
        " count(*) FILTER (WHERE origin_hash = %(origin)s) AS origin"
        " FROM identity_email_challenge WHERE created_at > %(since)s"
        " AND (email_blind = %(email)s OR origin_hash = %(origin)s)",
        {"email": blinded, "origin": origin_hash, "since": now - _WINDOW},
    )
    assert counted is not None
    if counted.address >= _CODES_AN_ADDRESS or counted.origin >= _CODES_AN_ORIGIN:
        raise TooManyCodes(minutes=int(_WINDOW.total_seconds() // 60))


def _hash_code(challenge_id: str, code: str) -> bytes:
    """Return a keyed hash: six digits under a plain one would be found in a moment."""
    return keyed_hmac("identity.code", challenge_id, code)
