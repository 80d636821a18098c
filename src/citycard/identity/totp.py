"""One-time codes of staff (RFC 6238): six digits, thirty seconds, each counts once."""

import base64
import datetime as dt
import hmac
import secrets
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

_STEP_S = 30
_DIGITS = 6
_DRIFT_STEPS = 1
"""How many steps a phone's clock may be off, either way."""


def new_secret() -> str:
    """Return a new secret, as authenticator apps take it (base 32)."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, at: dt.datetime) -> str:
    """Return the code of an instant."""
    return _totp(secret).generate(int(at.timestamp())).decode()


def step_of(secret: str, code: str, at: dt.datetime, after_step: int) -> int | None:
    """Return the step that a code belongs to, or None: wrong, too old, or a step that was used.

    :param after_step: the last step that counted; a code seen over a shoulder opens nothing
    """
    present = int(at.timestamp()) // _STEP_S
    for step in range(present - _DRIFT_STEPS, present + _DRIFT_STEPS + 1):
        expected = _totp(secret).generate(step * _STEP_S).decode()
        if hmac.compare_digest(expected.encode(), code.strip().encode()) and step > after_step:
            return step
    return None


def address(secret: str, *, issuer: str, account: str) -> str:
    """Return the ``otpauth://`` address that an authenticator app reads from a QR code."""
    label = quote(f"{issuer}:{account}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"


def _totp(secret: str) -> TOTP:
    sha1 = SHA1()  # noqa: S303 - what every authenticator app computes; HMAC needs no more of it
    return TOTP(base64.b32decode(secret), _DIGITS, sha1, _STEP_S)
