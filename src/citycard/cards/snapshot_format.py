"""The documents that readers carry, as bytes. Pure: values only.

A document is ``CCS1``, the length of its header (four bytes), the header as JSON, the marks that it
names, and an Ed25519 signature over all of that. A mark is a keyed hash of a card's number, cut
short: the key (salt) is the base's own, so that two services' or two days' marks share nothing.
"""

import datetime as dt
import hashlib
import json
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

MAGIC = b"CCS1"
SIGNATURE_BYTES = 64
SALT_BYTES = 32
LARGEST_MARK = 16

Marks = frozenset[bytes]
Sets = Mapping[str, Marks]
"""Name of a set → its marks: ``accept``, ``lost``, and one for each class, such as ``senior``."""


class Document(NamedTuple):
    """A document that was read: its header, and what stands in its sets.

    :ivar added: of a base: all; of a delta: what is new; ``removed`` what is no more
    """

    header: Mapping[str, Any]
    added: Sets
    removed: Sets


def mark(salt: bytes, size: int, issuer: str, number_kind: str, number: str) -> bytes:
    """Return what stands for a card's number: so many bytes."""
    said = f"{issuer}|{number_kind}|{number}".encode()
    return hashlib.blake2b(said, key=salt, digest_size=size).digest()


def mark_bytes(count: int, *, per_billion: int) -> int:
    """Return how long marks must be so that an unknown number passes for one of so many with at
    most this probability."""
    for size in range(4, LARGEST_MARK):
        if max(count, 1) * 1_000_000_000 <= per_billion << 8 * size:
            return size
    return LARGEST_MARK


def false_accept(count: int, size: int) -> float:
    """Return the probability that an unknown number passes for one of so many."""
    return float(count / (1 << 8 * size))


def write(
    header: Mapping[str, Any],
    *,
    added: Sets,
    removed: Sets,
    sign: Callable[[bytes], bytes],
) -> bytes:
    """Return a signed document; the same content is always the same bytes but for its signature."""
    parts, said = [], []
    for sign_of, sets in (("+", added), ("-", removed)):
        for name in sorted(sets):
            if sets[name]:
                said.append([name, sign_of, len(sets[name])])
                parts.append(b"".join(sorted(sets[name])))
    told = json.dumps({**header, "sets": said}, ensure_ascii=False, sort_keys=True).encode()
    content = b"".join([MAGIC, struct.pack(">I", len(told)), told, *parts])
    return content + sign(content)


def read(document: bytes) -> Document:
    """Return the content of a document of our own; its signature is not looked at."""
    (length,) = struct.unpack_from(">I", document, len(MAGIC))
    begin = len(MAGIC) + 4
    header = json.loads(document[begin : begin + length])
    size, at = int(header.get("mark_bytes", 0)), begin + length
    found: dict[str, dict[str, Marks]] = {"+": {}, "-": {}}
    for name, sign_of, count in header["sets"]:
        block = document[at : at + count * size]
        found[sign_of][name] = frozenset(
            block[i : i + size] for i in range(0, len(block), max(size, 1))
        )
        at += count * size
    return Document(header, found["+"], found["-"])


def head(document: bytes) -> bytes:
    """Return the hash by which the next document names this one."""
    return hashlib.sha256(document).digest()


def applied(sets: Sets, change: Document) -> dict[str, Marks]:
    """Return sets after a delta."""
    names = {*sets, *change.added, *change.removed}
    none: Marks = frozenset()
    return {
        name: (sets.get(name, none) - change.removed.get(name, none)) | change.added.get(name, none)
        for name in names
    }


def differences(before: Sets, after: Sets) -> tuple[dict[str, Marks], dict[str, Marks]]:
    """Return what is new in each set, and what is no more."""
    none: Marks = frozenset()
    names = {*before, *after}
    added = {name: after.get(name, none) - before.get(name, none) for name in names}
    removed = {name: before.get(name, none) - after.get(name, none) for name in names}
    return (
        {name: marks for name, marks in added.items() if marks},
        {name: marks for name, marks in removed.items() if marks},
    )


def stream(documents: Iterable[bytes]) -> bytes:
    """Return documents one after the other, each with its length before it (four bytes)."""
    return b"".join(struct.pack(">I", len(one)) + one for one in documents)


def instant(at: dt.datetime) -> str:
    """Return an instant as headers say it."""
    return at.astimezone(dt.UTC).isoformat(timespec="seconds")
