"""Merkle roots over access records: one altered or missing record changes the root."""

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"citycard: no record").digest()


def leaf(content: bytes) -> bytes:
    """Return the leaf of one record's canonical bytes."""
    return hashlib.sha256(b"\x00" + content).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves in order; an odd one at the end of a level moves up as it is."""
    level = list(leaves)
    if not level:
        return EMPTY
    while len(level) > 1:
        pairs = [
            hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest()
            for i in range(0, len(level) - 1, 2)
        ]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


def chained(
    before: bytes, number: int, bounds: tuple[int, int], count: int, root_now: bytes
) -> bytes:
    """Return the hash that ties a seal to the one before it."""
    head = f"{number}|{bounds[0]}|{bounds[1]}|{count}|".encode()
    return hashlib.sha256(b"\x02" + before + head + root_now).digest()
