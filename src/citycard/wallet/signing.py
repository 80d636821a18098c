"""The city's keys, as codes use them."""

import functools
import hashlib

from citycard.infra import crypto
from citycard.wallet.codes import Keys

_TIME_CODE = "wallet.time_code"


@functools.cache
def keys() -> Keys:
    """Return what signs and checks this city's codes."""
    key_id = hashlib.sha256(crypto.keyring().public_key).digest()[0]
    return Keys(crypto.sign, crypto.verify, key_id, time_code)


def time_code(token: str, step: int) -> str:
    """Return the six digits of a token's half minute: nobody without the city's keys tells them."""
    number = int.from_bytes(crypto.blind(_TIME_CODE, f"{token}:{step}")[:8], "big")
    return f"{number % 1_000_000:06d}"
