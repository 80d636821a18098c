"""Who somebody is within one service, as a number; two services share no equal value."""

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from citycard.infra.crypto import keyed_hmac
from citycard.insight.columns import U64, Ints

_BUCKET_BITS = 13
BUCKETS = 1 << _BUCKET_BITS
"""How many rows a service's month has at most."""


def pseudonyms(service: str, member_ids: Ints) -> U64:
    """Return each member's pseudonym within a service, in parallel.

    The first half of what AES makes of the id under the service's own key: without that key, which
    lies outside the database, nobody tells a member from a pseudonym or one service's from
    another's.
    """
    blocks = np.zeros((len(member_ids), 2), dtype="<i8")
    blocks[:, 0] = member_ids
    key = keyed_hmac("insight.pseudonym", service, "aes")
    # Every block is another id, so that equal blocks cannot show: this is a permutation, no text.
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - as just said
    sealed = cipher.update(blocks.tobytes()) + cipher.finalize()
    return np.frombuffer(sealed, dtype="<u8")[::2].copy()


def bucket_of(who: U64) -> U64:
    """Return in which row of a service's month a pseudonym lies."""
    return who >> np.uint64(64 - _BUCKET_BITS)
