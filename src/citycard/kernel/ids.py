"""Ids that carry meaning for machines, and references that people read aloud."""

import datetime as dt
import hashlib
import secrets
import uuid

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_AS_READ = str.maketrans("OIL", "011")


def fact_key(at: dt.datetime, *parts: object) -> uuid.UUID:
    """Return the key of a fact: its time first, then a hash of what it is about.

    The same fact always has the same key, so a retry meets its own row; time first keeps index
    pages warm and lets the booking month be derived from the key alone.

    :param at: the instant of the fact itself, not of its arrival
    """
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=10).digest()
    raw = bytearray(int(at.timestamp() * 1000).to_bytes(6, "big") + digest)
    raw[6] = raw[6] & 0x0F | 0x80  # version 8: "vendor specific"
    raw[8] = raw[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(raw))


def key_time(key: uuid.UUID) -> dt.datetime:
    """Return the instant, in UTC to the millisecond, that a fact key begins with."""
    return dt.datetime.fromtimestamp(int.from_bytes(key.bytes[:6], "big") / 1000, dt.UTC)


def new_reference(prefix: str, *, groups: int = 2) -> str:
    """Return a reference to read out and type, like ``A-7K3M-Q2XC-9``: random, with a check
    character."""
    number = secrets.randbits(20 * groups)
    digits = "".join(_CROCKFORD[number >> 5 * i & 31] for i in range(4 * groups))
    parts = [digits[i : i + 4] for i in range(0, len(digits), 4)]
    return "-".join([prefix, *parts, _check(digits)])


def read_reference(text: str) -> str | None:
    """Return a typed reference in its written form, or None when its check character does not
    fit."""
    prefix, _, rest = text.strip().upper().partition("-")
    digits = rest.replace("-", "").replace(" ", "").translate(_AS_READ)
    if len(digits) < 2 or not set(digits[:-1]) <= set(_CROCKFORD):
        return None
    body, check = digits[:-1], digits[-1]
    if _check(body) != check:
        return None
    return "-".join([prefix, *(body[i : i + 4] for i in range(0, len(body), 4)), check])


def _check(digits: str) -> str:
    """Luhn's check over 32 characters: finds every mistyped one and nearly every swapped pair."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        product = _CROCKFORD.index(digit) * (2 - place % 2)
        total += product // 32 + product % 32
    return _CROCKFORD[-total % 32]
