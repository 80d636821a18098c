"""The keys that sign what readers carry: named, replaced now and then, and good to verify until
their end.

They lie in the key file with the others. The file is read anew each time: it is small, what is
signed is rare, and a key that was replaced a minute ago signs nothing more.
"""

import base64
import datetime as dt
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from citycard.infra.crypto import read_keys


@dataclass(frozen=True, kw_only=True)
class Signer:
    """A signing key.

    :ivar until: it verifies until then; None: it is the one that signs
    :ivar by: the key before it, whose signature (``proof``) says that this is the next, and that it
        itself ends at ``by_until``; empty: the first
    """

    kid: str
    since: dt.datetime
    until: dt.datetime | None
    private: Ed25519PrivateKey = field(repr=False)
    by: str = ""
    by_until: dt.datetime | None = None
    proof: bytes = b""

    @property
    def public(self) -> bytes:
        """Return the 32 bytes by which anybody verifies."""
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, content: bytes) -> bytes:
        """Return the 64 bytes of an Ed25519 signature."""
        return self.private.sign(content)


def signers(*, now: dt.datetime) -> list[Signer]:
    """Return the keys that verify now, the one that signs last.

    :raises KeysMissing: there is no key file
    """
    known = [_read(one) for one in read_keys(_path()).signers()]
    good = [one for one in known if one.until is None or one.until > now]
    return sorted(good, key=lambda one: one.since)


def rotate_signer(*, now: dt.datetime, old_good_for: dt.timedelta) -> Signer:
    """Make a new signing key, named by the old one's signature; the old one still verifies for a
    while, so that readers that were cut off meanwhile follow.

    :raises KeysMissing: there is no key file
    """
    path = _path()
    known = read_keys(path).signers()
    until = (now + old_good_for).isoformat()
    kept = [one if "until" in one else {**one, "until": until} for one in known]
    new = {
        "kid": f"k{len(known) + 1}",
        "key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "from": now.isoformat(),
    }
    last = _read(known[-1])
    ends = dt.datetime.fromisoformat(until)
    proof = last.sign(succession(new["kid"], _read(new).public, ends))
    new |= {"by": last.kid, "by_until": until, "proof": base64.b64encode(proof).decode()}
    document = json.loads(path.read_text(encoding="utf-8"))
    _write(path, document | {"signers": [*kept, new]})
    return _read(new)


def succession(kid: str, public: bytes, until: dt.datetime) -> bytes:
    """Return what a key signs to name the one after it, and to say its own end."""
    return b"CCK1|%s|%s|%d" % (kid.encode(), public.hex().encode(), int(until.timestamp()))


def _path() -> Path:
    return Path(os.environ.get("CITYCARD_KEYS", ""))


def _read(one: dict[str, str]) -> Signer:
    until = one.get("until")
    return Signer(
        kid=one["kid"],
        since=dt.datetime.fromisoformat(one["from"]),
        until=dt.datetime.fromisoformat(until) if until else None,
        private=Ed25519PrivateKey.from_private_bytes(base64.b64decode(one["key"])),
        by=one.get("by", ""),
        by_until=dt.datetime.fromisoformat(one["by_until"]) if "by_until" in one else None,
        proof=base64.b64decode(one.get("proof", "")),
    )


def _write(path: Path, document: object) -> None:
    """Put a new file in the old one's place: whoever reads meanwhile reads one of the two whole."""
    new = path.with_suffix(".new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(new, flags, 0o600), "w", encoding="utf-8") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
