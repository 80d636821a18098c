"""Files under a passphrase: how keys travel with a backup without lying beside it in clear.

Scrypt makes guessing slow, AES-256-GCM seals; the parameters stand in the sealed text itself.
"""

import base64
import json
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

SHORTEST_PASSPHRASE = 12
_LABEL = b"citycard keys 1"
_COST, _BLOCK, _LANES = 2**17, 8, 1  # about half a second and 128 MB a guess


class PassphraseTooShort(ValueError):
    """A passphrase has at least twelve characters: whoever finds the file can try as they like."""


class WrongPassphrase(ValueError):
    """These keys don't open with that passphrase, or the file was altered."""


def lock(files: Mapping[str, bytes], *, passphrase: str) -> bytes:
    """Return files as one sealed text.

    :raises PassphraseTooShort: it has fewer than twelve characters
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise PassphraseTooShort(PassphraseTooShort.__doc__)
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    key = _stretched(passphrase, salt, cost=_COST, block=_BLOCK, lanes=_LANES)
    content = json.dumps({name: _text(content) for name, content in files.items()}).encode()
    sealed = {
        "scrypt": {"cost": _COST, "block": _BLOCK, "lanes": _LANES},
        "salt": _text(salt),
        "nonce": _text(nonce),
        "files": _text(AESGCM(key).encrypt(nonce, content, _LABEL)),
    }
    return json.dumps(sealed).encode()


def unlock(sealed: bytes, *, passphrase: str) -> dict[str, bytes]:
    """Return the files of a sealed text.

    :raises WrongPassphrase: it is another, or the text was altered
    """
    try:
        document = json.loads(sealed)
        key = _stretched(passphrase, _bytes(document["salt"]), **document["scrypt"])
        nonce, content = _bytes(document["nonce"]), _bytes(document["files"])
        files: dict[str, str] = json.loads(AESGCM(key).decrypt(nonce, content, _LABEL))
    except (InvalidTag, KeyError, TypeError, ValueError) as broken:
        raise WrongPassphrase(WrongPassphrase.__doc__) from broken
    return {name: _bytes(content) for name, content in files.items()}


def _stretched(passphrase: str, salt: bytes, *, cost: int, block: int, lanes: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=block, p=lanes).derive(passphrase.encode())


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
