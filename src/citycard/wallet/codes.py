"""How a code is written and read. Pure: keys come in as functions.

Two forms say the same. The two-dimensional one is ``CC1:`` and 85 bytes in Base45: version, key,
pseudonym (8), two fields that say nothing today (1 + 2), when it was made (4), for how many seconds
(1), a nonce (3), and an Ed25519 signature over ``SIGNED`` and the 21 bytes before it. The bar code
is 20 digits, which old scanners read as Code 128 C: a token (12), a time code (6) and two check
digits (ISO 7064, modulo 97). It can only be checked by asking the city.
"""

import datetime as dt
import hashlib
import struct
from collections.abc import Callable
from typing import NamedTuple

from citycard.wallet import base45

PREFIX = "CC1:"
SIGNED = b"citycard wallet code 1|"
HOLDS_S = 60
STEP_S = 30
_VERSION = 1
_BODY = struct.Struct(">BB8sBHIB3s")
_SIGNATURE_BYTES = 64
_LINE_DIGITS = 20
_SLOW_S = 30
"""How far a scanner's clock may be behind the city's."""
_FAR_STEPS = 20
"""How far from a tap's own time a bar code is still recognised as one that was right once."""

TimeCode = Callable[[str, int], str]
"""Token and step → the six digits of that half minute."""


class Keys(NamedTuple):
    """What signs and checks codes."""

    sign: Callable[[bytes], bytes]
    verify: Callable[[bytes, bytes], bool]
    key_id: int
    time_code: TimeCode


class Reading(NamedTuple):
    """What a code says of itself.

    :ivar key: what makes it one of its kind
    :ivar judged_at: an instant at which it was right: the city's own present where that is so, else
        the scanner's; None: it was right once, and is no more
    """

    pseudonym: bytes | None
    line_token: str | None
    key: bytes
    judged_at: dt.datetime | None


def write_square(pseudonym: bytes, *, nonce: bytes, made_at: dt.datetime, keys: Keys) -> str:
    """Return the text of a two-dimensional code."""
    made = int(made_at.timestamp())
    body = _BODY.pack(_VERSION, keys.key_id, pseudonym, 0, 0, made, HOLDS_S, nonce)
    return PREFIX + base45.encode(body + keys.sign(SIGNED + body))


def write_line(token: str, *, made_at: dt.datetime, keys: Keys) -> str:
    """Return the digits of a bar code."""
    said = token + keys.time_code(token, _step(made_at))
    return said + f"{98 - int(said) * 100 % 97:02d}"


def line_holds_until(made_at: dt.datetime) -> dt.datetime:
    """Return until when a bar code made at an instant is surely taken."""
    return dt.datetime.fromtimestamp((_step(made_at) + 2) * STEP_S, dt.UTC)


def read(code: str, *, at: dt.datetime, now: dt.datetime, keys: Keys) -> Reading | None:
    """Return what a code says; None for what is no code of this city.

    :param at: the scanner's own time
    """
    if code.startswith(PREFIX):
        return _square(code, at, now, keys)
    if len(code) == _LINE_DIGITS and code.isascii() and code.isdigit():
        return _line(code, at, now, keys)
    return None


def _square(code: str, at: dt.datetime, now: dt.datetime, keys: Keys) -> Reading | None:
    try:
        content = base45.decode(code.removeprefix(PREFIX))
    except base45.NotBase45:
        return None
    if len(content) != _BODY.size + _SIGNATURE_BYTES or content[0] != _VERSION:
        return None
    body, signature = content[: _BODY.size], content[_BODY.size :]
    if not keys.verify(SIGNED + body, signature):
        return None
    _, _, pseudonym, _, _, made, holds_s, _ = _BODY.unpack(body)
    right = [when for when in (now, at) if -_SLOW_S <= when.timestamp() - made < holds_s]
    return Reading(pseudonym, None, _key(body), right[0] if right else None)


def _line(code: str, at: dt.datetime, now: dt.datetime, keys: Keys) -> Reading | None:
    token, said = code[:12], code[12:18]
    if int(code) % 97 != 1:
        return None
    for when in (now, at):
        for step in (_step(when), _step(when) - 1, _step(when) + 1):
            if keys.time_code(token, step) == said:
                return Reading(None, token, _key(f"{token}:{step}".encode()), when)
    for off in range(2, _FAR_STEPS + 1):
        for step in (_step(at) - off, _step(at) + off):
            if keys.time_code(token, step) == said:
                return Reading(None, token, _key(f"{token}:{step}".encode()), None)
    return None


def _step(when: dt.datetime) -> int:
    return int(when.timestamp()) // STEP_S


def _key(said: bytes) -> bytes:
    return hashlib.sha256(said).digest()[:16]
