"""Keys, sealed fields, blind indexes and signatures. The keys lie outside the database, beside the
data.

A sealed value is AES-256-GCM with the field's label and the row's key as associated data: a value
moved to another row or column does not open. A blind index is a truncated HMAC under a key of its
own: equal numbers meet, and a dump without the keys tells nothing, though the space of ID numbers
is small.
"""

import base64
import functools
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

_NONCE_BYTES = 12
_BLIND_BYTES = 16


class KeysMissing(RuntimeError):
    """The key file is missing or unreadable; restore it from the safe, the data cannot be read
    without."""


class SealBroken(RuntimeError):
    """A sealed value does not open: it was altered, moved to another row, or its key is gone."""


class Keyring:
    """The city's keys: several generations for sealing (the newest seals), one each for HMAC and
    signing."""

    def __init__(self, document: dict[str, object]) -> None:
        seals = document["seal"]
        assert isinstance(seals, dict)
        self._seals = {int(number): base64.b64decode(key) for number, key in seals.items()}
        self._newest = max(self._seals)
        self._mac = base64.b64decode(str(document["mac"]))
        self._signer = Ed25519PrivateKey.from_private_bytes(base64.b64decode(str(document["sign"])))
        self.made_at = str(document["made_at"])
        signers = document.get("signers", [])
        assert isinstance(signers, list)
        self._signers = signers
        self._ciphers = {number: AESGCM(key) for number, key in self._seals.items()}

    def seal(self, label: str, content: bytes, row: object) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = self._ciphers[self._newest]
        return bytes([self._newest]) + nonce + cipher.encrypt(nonce, content, _bound(label, row))

    def unseal(self, label: str, blob: bytes, row: object) -> bytes:
        blob = bytes(blob)
        try:
            cipher = self._ciphers[blob[0]]
            body = blob[1 + _NONCE_BYTES :]
            return cipher.decrypt(blob[1 : 1 + _NONCE_BYTES], body, _bound(label, row))
        except (KeyError, IndexError, InvalidTag) as broken:
            raise SealBroken(f"{label} of row {row} does not open") from broken

    def mac(self, label: str, content: bytes) -> bytes:
        return hmac.digest(self._subkey(label), content, "sha256")

    def sign(self, content: bytes) -> bytes:
        return self._signer.sign(content)

    def verify(self, content: bytes, signature: bytes) -> bool:
        try:
            self._signer.public_key().verify(signature, content)
        except InvalidSignature:
            return False
        return True

    @property
    def public_key(self) -> bytes:
        return self._signer.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def prints(self) -> dict[str, str]:
        """Return what tells each key from any other, and nothing else of it."""
        keys = {"mac": self._mac, **{f"seal {number}": key for number, key in self._seals.items()}}
        marks = {
            name: hmac.digest(key, b"citycard key print", "sha256") for name, key in keys.items()
        }
        return {name: mark[:_BLIND_BYTES].hex() for name, mark in marks.items()} | {
            "sign": self.public_key.hex()
        }

    def signers(self) -> list[dict[str, str]]:
        """Return the keys that sign what readers carry: ``kid, key, from`` and, of those that were
        replaced, ``until``; without any in the file, one that follows from the signing key."""
        if self._signers:
            return [dict(one) for one in self._signers]
        seed = self._signer.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        first = hmac.digest(seed, b"citycard reader signer 1", "sha256")
        return [{"kid": "k1", "key": base64.b64encode(first).decode(), "from": self.made_at}]

    @functools.lru_cache(maxsize=256)  # noqa: B019 - one keyring lives as long as the process
    def _subkey(self, label: str) -> bytes:
        return hmac.digest(self._mac, label.encode(), "sha256")


def make_keys(path: Path, *, made_at: str) -> None:
    """Write a new key file that only its owner may read; an existing one is never overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    document = {
        "made_at": made_at,
        "seal": {"1": _new_key()},
        "mac": _new_key(),
        "sign": _new_key(),
    }
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())


@functools.cache
def keyring() -> Keyring:
    """Return this process's keys, read from the file that ``CITYCARD_KEYS`` names.

    :raises KeysMissing: there is none, or it cannot be read
    """
    return read_keys(Path(os.environ.get("CITYCARD_KEYS", "")))


def read_keys(path: Path) -> Keyring:
    """Return the keys of one file.

    :raises KeysMissing: there is none, or it cannot be read
    """
    try:
        return keys_from(path.read_bytes())
    except (OSError, ValueError, KeyError) as missing:
        raise KeysMissing(f"no keys can be read from CITYCARD_KEYS={str(path)!r}") from missing


def keys_from(content: bytes) -> Keyring:
    """Return the keys of a key file's content.

    :raises ValueError, KeyError: it is none
    """
    return Keyring(json.loads(content))


def seal(label: str, content: str | bytes, *, row: object) -> bytes:
    """Encrypt a field's value for one row.

    :param label: ``context.table.field``
    :param row: the row's key, known before the insert; the value opens for no other row
    """
    return keyring().seal(label, content.encode() if isinstance(content, str) else content, row)


def unseal(label: str, blob: bytes | memoryview, *, row: object) -> str:
    """Decrypt a field's text.

    :raises SealBroken: it was altered or moved
    """
    return unseal_bytes(label, blob, row=row).decode()


def unseal_bytes(label: str, blob: bytes | memoryview, *, row: object) -> bytes:
    """Decrypt a field's bytes.

    :raises SealBroken: it was altered or moved
    """
    return keyring().unseal(label, bytes(blob), row)


def blind(label: str, text: str) -> bytes:
    """Return the blind index (16 bytes) of a value: equal values meet, nothing else shows."""
    return keyring().mac(f"blind:{label}", text.encode())[:_BLIND_BYTES]


def keyed_hmac(label: str, scope: str, value: object) -> bytes:
    """Return a pseudonym (16 bytes) of a value within one scope; two scopes share no equal
    value."""
    return keyring().mac(f"scope:{label}:{scope}", str(value).encode())[:_BLIND_BYTES]


def derived_key(label: str) -> bytes:
    """Return 32 secret bytes for one use, the same as long as the city has its keys."""
    return keyring().mac("derived", label.encode())


def hash_token(token: str) -> bytes:
    """Return what is stored of a secret that we hand out: long and random, so a plain hash is
    enough."""
    return hashlib.sha256(token.encode()).digest()


def sign(content: bytes) -> bytes:
    """Return the city's Ed25519 signature of bytes."""
    return keyring().sign(content)


def verify(content: bytes, signature: bytes) -> bool:
    """Tell whether the city signed these bytes."""
    return keyring().verify(content, signature)


def _bound(label: str, row: object) -> bytes:
    return f"{label}|{row}".encode()


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
