"""Signed documents from the city: read, proven, applied one after the other.

A document is ``CCS1``, the length of its header (four bytes, most significant first), the header as
JSON, the marks that it names, and 64 bytes of an Ed25519 signature over all of that. What the gate
sends is documents one after the other, each with its length before it (four bytes).

* A **base** has all marks; its ``salt`` is the key of the hash that makes a card's number a mark.
* A **delta** says what is new (``+``) and what is no more (``-``). Its ``previous`` is the SHA-256
  of the document before it: a document that is left out, repeated, altered or from another line
  doesn't fit.
* A **fresh** document says that a version still was the newest at a time.
"""

import datetime as dt
import hashlib
import json
import struct
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAGIC = b"CCS1"
SIGNATURE_BYTES = 64
ODD = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading a header raises that isn't as it should be: fields are missing, or of another kind.
Most are read before anything is proven."""


class NotTrusted(Exception):
    """A document that isn't taken: forged, altered, of another service, older, or out of order."""


@dataclass(frozen=True)
class Key:
    """A key of the city's by which documents are proven.

    :ivar until: it proves nothing after that; None: no end is known
    """

    kid: str
    public: bytes
    until: dt.datetime | None = None


class MarkSet:
    """Marks of one length: sorted bytes that are searched in place, and what changed since."""

    def __init__(self, block: bytes, size: int) -> None:
        self._block, self._size = block, size
        self._added: set[bytes] = set()
        self._removed: set[bytes] = set()

    def __contains__(self, mark: bytes) -> bool:
        if mark in self._added:
            return True
        return mark not in self._removed and self._in_block(mark)

    def change(self, added: set[bytes], removed: set[bytes]) -> None:
        """Take marks out, then take marks in."""
        self._removed |= removed
        self._added = (self._added - removed) | added
        self._removed -= added

    def _in_block(self, mark: bytes) -> bool:
        size = self._size
        marks = range(len(self._block) // size)
        at = bisect_left(marks, mark, key=lambda i: self._block[i * size : i * size + size])
        return at < len(marks) and self._block[at * size : at * size + size] == mark


@dataclass
class State:
    """What a reader holds: the marks of its service at a version.

    :ivar at: the latest instant of which the city said that this version is the newest
    :ivar head: the hash of the last document
    """

    header: Mapping[str, Any]
    version: int
    head: bytes
    at: dt.datetime
    sets: dict[str, MarkSet] = field(repr=False)

    def holds(self, name: str, issuer: str, kind: str, number: str) -> bool:
        """Tell whether a card's number stands in a set, such as ``accept`` or ``lost``."""
        found = self.sets.get(name)
        if found is None:
            return False
        said = f"{issuer}|{kind}|{number}".encode()
        salt, size = bytes.fromhex(self.header["salt"]), int(self.header["mark_bytes"])
        return hashlib.blake2b(said, key=salt, digest_size=size).digest() in found


class Chain:
    """Takes documents in order and never goes back."""

    def __init__(self, *, service: str, keys: Mapping[str, Key]) -> None:
        self.service = service
        self.keys = dict(keys)
        self.state: State | None = None

    def take(self, stream: bytes, *, now: dt.datetime) -> list[bytes]:
        """Take what the gate sent; returns the documents that changed something, to be kept.

        :raises NotTrusted: one of them; those before it stand
        """
        taken = []
        for document in split(stream):
            try:
                changed = self._take(document, now)
            except ODD as odd:
                raise NotTrusted(f"a header that makes no sense: {type(odd).__name__}") from odd
            if changed:
                taken.append(document)
        return taken

    def _take(self, document: bytes, now: dt.datetime) -> bool:
        header, body = self._proven(document, now)
        take = {"base": self._base, "delta": self._delta, "fresh": self._fresh}
        if header.get("type") not in take:
            raise NotTrusted("a document of an unknown type")
        return take[header["type"]](header, body, document)

    def _proven(self, document: bytes, now: dt.datetime) -> tuple[Mapping[str, Any], bytes]:
        header, body = parsed(document)
        self._learn_successors(header, now)
        key = self.keys.get(str(header.get("kid")))
        if key is None:
            raise NotTrusted(f"the key {header.get('kid')} is not known")
        if key.until is not None and _instant(header["at"]) > key.until:
            raise NotTrusted(f"the key {key.kid} was at its end before this was signed")
        if not _is_signed(key.public, document[-SIGNATURE_BYTES:], document[:-SIGNATURE_BYTES]):
            raise NotTrusted("the signature doesn't fit")
        if header.get("service") != self.service:
            raise NotTrusted(f"a document of the service {header.get('service')}")
        self._learn_keys(header, now)
        return header, body

    def _learn_successors(self, header: Mapping[str, Any], now: dt.datetime) -> None:
        """Learn keys that a key which is known, and not at its end, names as the next."""
        for one in header.get("keys", ()):
            by = self.keys.get(str(one.get("by")))
            if one["kid"] in self.keys or by is None or one["by_until"] < now.timestamp():
                continue
            said = f"CCK1|{one['kid']}|{one['public']}|{one['by_until']}".encode()
            if _is_signed(by.public, bytes.fromhex(one["proof"]), said):
                self.keys[one["kid"]] = Key(one["kid"], bytes.fromhex(one["public"]))

    def _learn_keys(self, header: Mapping[str, Any], now: dt.datetime) -> None:
        """Learn the city's keys from a proven document: the next one is proven by the last."""
        for one in header.get("keys", ()):
            until = _instant(one["until"]) if one["until"] else None
            known = self.keys.get(one["kid"])
            if known is not None and known.public.hex() != one["public"]:
                raise NotTrusted(f"another key under the name {one['kid']}")
            self.keys[one["kid"]] = Key(one["kid"], bytes.fromhex(one["public"]), until)
        ended = [kid for kid, key in self.keys.items() if key.until and key.until < now]
        for kid in ended:
            if kid != header["kid"]:
                del self.keys[kid]

    def _base(self, header: Mapping[str, Any], body: bytes, document: bytes) -> bool:
        held = self.state
        if held is not None:
            if hashlib.sha256(document).digest() == held.head:
                return False
            if header["version"] <= held.version or _instant(header["at"]) < held.at:
                raise NotTrusted(f"version {header['version']} after {held.version}: an older one")
            is_next = header["version"] == held.version + 1
            if is_next and header["previous"] != held.head.hex():
                raise NotTrusted("a base that doesn't follow what is held")
        size = int(header["mark_bytes"])
        sets = {"accept": MarkSet(b"", size)} if "accept" in _promised(header) else {}
        for name, sign, block in _blocks(header, body):
            if sign != "+":
                raise NotTrusted("a base that takes away")
            sets[name] = MarkSet(block, size)
        head = hashlib.sha256(document).digest()
        self.state = State(header, header["version"], head, _instant(header["at"]), sets)
        return True

    def _delta(self, header: Mapping[str, Any], body: bytes, document: bytes) -> bool:
        held = self.state
        if held is None:
            raise NotTrusted("a change of nothing")
        if header["version"] != held.version + 1 or header["previous"] != held.head.hex():
            raise NotTrusted(f"version {header['version']} doesn't follow {held.version}")
        size, at = int(held.header["mark_bytes"]), _instant(header["at"])
        changes: dict[str, dict[str, set[bytes]]] = {}
        for name, sign, block in _blocks(header, body):
            marks = {block[i : i + size] for i in range(0, len(block), size)}
            changes.setdefault(name, {})[sign] = marks
        for name, change in changes.items():
            found = held.sets.setdefault(name, MarkSet(b"", size))
            found.change(change.get("+", set()), change.get("-", set()))
        held.version, held.head = header["version"], hashlib.sha256(document).digest()
        held.at = max(held.at, at)
        return True

    def _fresh(self, header: Mapping[str, Any], _body: bytes, _document: bytes) -> bool:
        held = self.state
        if held is None or (header["version"], header["head"]) != (held.version, held.head.hex()):
            return False  # of another version: it says nothing about ours
        if _instant(header["at"]) <= held.at:
            return False
        held.at = _instant(header["at"])
        return True


def split(stream: bytes) -> Iterator[bytes]:
    """Yield the documents of a stream.

    :raises NotTrusted: it ends in the middle of one
    """
    at = 0
    while at < len(stream):
        if at + 4 > len(stream):
            raise NotTrusted("a document is cut off")
        (length,) = struct.unpack_from(">I", stream, at)
        at += 4
        if at + length > len(stream):
            raise NotTrusted("a document is cut off")
        yield stream[at : at + length]
        at += length


def joined(documents: list[bytes]) -> bytes:
    """Return documents as one stream."""
    return b"".join(struct.pack(">I", len(one)) + one for one in documents)


def parsed(document: bytes) -> tuple[Mapping[str, Any], bytes]:
    """Return the header of a document, and the bytes of its marks; nothing is proven yet.

    :raises NotTrusted: it is none
    """
    begin = len(MAGIC) + 4
    if document[: len(MAGIC)] != MAGIC or len(document) < begin + SIGNATURE_BYTES:
        raise NotTrusted("no document of the city's")
    (length,) = struct.unpack_from(">I", document, len(MAGIC))
    try:
        header = json.loads(document[begin : begin + length])
    except ValueError:
        raise NotTrusted("a header that can't be read") from None
    if not isinstance(header, dict):
        raise NotTrusted("a header that can't be read")
    return header, document[begin + length : -SIGNATURE_BYTES]


def _blocks(header: Mapping[str, Any], body: bytes) -> Iterator[tuple[str, str, bytes]]:
    size, at = int(header["mark_bytes"]), 0
    for name, sign, count in header["sets"]:
        yield name, sign, body[at : at + count * size]
        at += count * size
    if at != len(body):
        raise NotTrusted("marks that the header doesn't name")


def _promised(header: Mapping[str, Any]) -> set[str]:
    asks = header.get("limits", {}).get("asks")
    return {"accept"} if asks == "snapshot" else set()


def _is_signed(public: bytes, signature: bytes, content: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _instant(said: str) -> dt.datetime:
    return dt.datetime.fromisoformat(said)
