"""Who somebody is within one service, as a number; two services share no equal value."""

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from citycard.infra.crypto import keyed_hmac
from citycard.insight.columns import U32, Ints

_ROUNDS = 10
_HALF = 16
_MOST = 1 << 2 * _HALF
_PARAMETERS = bytes([1, 2, 1, 0, 0, 2, _ROUNDS, _HALF, 0, 0, 0, 2 * _HALF, 0, 0, 0, 0])


def pseudonyms(service: str, member_ids: Ints) -> U32:
    """Return each member's pseudonym within a service, in parallel.

    NIST SP 800-38G's FF1 (radix 2, 32 digits, no tweak) under the service's own key: a permutation,
    so that no two members share a pseudonym. Without that key, which lies outside the database,
    nobody tells a member from a pseudonym or one service's from another's.
    """
    if len(member_ids) and not 0 <= member_ids.min() <= member_ids.max() < _MOST:
        raise OverflowError("a member's id has 32 bits")
    return ff1(keyed_hmac("insight.pseudonym", service, "aes"), member_ids)


def ff1(key: bytes, numbers: Ints) -> U32:
    """Return FF1 of numbers of 32 bits, all at once."""
    # ECB of single blocks is the bare AES that FF1 is made of
    cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - as just said
    encryptor = cipher.encryptor()
    head = np.frombuffer(encryptor.update(_PARAMETERS), dtype=">u2").astype(np.uint16)
    blocks = np.tile(head.astype(">u2"), (len(numbers), 1))
    left = (numbers >> _HALF).astype(np.uint16)
    right = (numbers & 0xFFFF).astype(np.uint16)
    for n in range(_ROUNDS):
        blocks[:, 6] = head[6] ^ np.uint16(n)
        blocks[:, 7] = head[7] ^ right
        sealed = np.frombuffer(encryptor.update(blocks.tobytes()), dtype=">u2")
        left, right = right, left + sealed[3::8].astype(np.uint16)
    found: U32 = left.astype(np.uint32) << np.uint32(_HALF) | right
    return found
