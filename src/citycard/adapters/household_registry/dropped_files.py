"""Files that registers drop into a directory (by SFTP, say): written beside, then renamed."""

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from citycard.people.ports import DroppedFile

TAKEN, REFUSED = "taken", "refused"


class DroppedRegisterFiles:
    """Reads ``<directory>/*.csv`` with ``*.csv.sig`` beside; behind ``people.ports.RegisterFiles``.

    :param key: PEM file of the Ed25519 key that the registers sign with; None: files are unsigned
    """

    def __init__(self, directory: Path, key: Path | None = None) -> None:
        self._directory = directory
        self._key = key

    def waiting(self) -> Sequence[DroppedFile]:
        """Return the files that wait, in the order of their names.

        :raises OSError: the directory can't be read
        """
        self.check()
        return [
            DroppedFile(name=path.name, content=path.read_bytes(), signature=_signature(path))
            for path in sorted(self._directory.glob("*.csv"))
        ]

    def put_away(self, name: str, taken: bool) -> None:
        """Move a file and its signature to those that were taken, or refused."""
        beside = self._directory / (TAKEN if taken else REFUSED)
        beside.mkdir(exist_ok=True, mode=0o700)
        for one in (name, f"{name}.sig"):
            if (self._directory / one).exists():
                (self._directory / one).replace(beside / one)

    def is_signed(self, content: bytes, signature: bytes) -> bool:
        """Tell whether the registers' key signed these bytes."""
        if self._key is None:
            return False
        key = load_pem_public_key(self._key.read_bytes())
        assert isinstance(key, Ed25519PublicKey), "the registers' key is an Ed25519 key"
        try:
            key.verify(signature, content)
        except InvalidSignature:
            return False
        return True

    def check(self) -> str:
        """Say where files are looked for.

        :raises OSError: there is no such directory
        """
        if not self._directory.is_dir():
            raise FileNotFoundError("the directory of register files is not there")
        return "register files, directory readable"


class NoRegisterFiles:
    """No directory is set: nothing waits."""

    def waiting(self) -> Sequence[DroppedFile]:
        """Return none."""
        return []

    def put_away(self, name: str, taken: bool) -> None:
        """Do nothing."""

    def is_signed(self, content: bytes, signature: bytes) -> bool:
        """Return False: there is no key."""
        return False

    def check(self) -> str:
        """Say that none is set."""
        return "no directory is set"


def _signature(path: Path) -> bytes | None:
    beside = path.with_name(f"{path.name}.sig")
    if not beside.exists():
        return None
    try:
        return base64.b64decode(beside.read_bytes().strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
