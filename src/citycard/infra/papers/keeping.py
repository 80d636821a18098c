"""Keeping papers: signed once, stored once, never changed."""

import base64
import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from citycard.infra import crypto
from citycard.infra.database import execute, rows, scalar
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.kernel.errors import Refused
from citycard.kernel.findings import Finding

SEAL = "infra.paper_file.content"


class PaperChanged(Refused):
    """The kept file {name} is no longer what was signed; restore it from a backup."""

    code = "papers.changed"


@dataclass(frozen=True, kw_only=True)
class PaperFile:
    """A file to keep.

    :ivar name: as it is downloaded: ``clearing-2026-10.csv``
    """

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """A file as it was kept.

    :ivar sha256: of the content, in hexadecimal
    :ivar signature: the city's Ed25519 signature of the content
    """

    name: str
    media_type: str
    content: bytes
    sha256: str
    signature: bytes

    @property
    def signature_file(self) -> PaperFile:
        """Return the signature as a file of its own, ``<name>.sig``: base64 and a line end."""
        content = base64.b64encode(self.signature) + b"\n"
        return PaperFile(name=f"{self.name}.sig", media_type="text/plain", content=content)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper that was kept.

    :ivar kind: what it is: ``clearing.statement``
    :ivar about: what it is about, by codes: ``2026-10/1/easycard``
    """

    kind: str
    about: str
    made_at: dt.datetime
    files: tuple[KeptFile, ...]

    def file(self, name: str) -> KeptFile | None:
        """Return a file by its name."""
        return next((one for one in self.files if one.name == name), None)


def keep(
    *, kind: str, about: str, files: Sequence[PaperFile], now: dt.datetime, sealed: bool = False
) -> Paper:
    """Sign files and keep them; when this kind and about are kept already, return those.

    :param sealed: encrypt the content where it lies: for papers that name people
    """
    require_unit_of_work()
    paper_id = scalar(
        "INSERT INTO infra_paper (kind, about, sealed, made_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING RETURNING id",
        [kind, about, sealed, now],
    )
    if paper_id is not None:
        for one in files:
            _store(paper_id, one, sealed)
    found = kept(kind=kind, about=about)
    assert found is not None, "a paper that was just kept is there"
    return found


def kept(*, kind: str, about: str) -> Paper | None:
    """Return a kept paper with its files as they were signed, or None.

    :raises PaperChanged: somebody changed a file behind our back
    """
    found = rows(
        "SELECT p.id, p.made_at, p.sealed, f.name, f.media_type, f.content, f.sha256, f.signature"
        " FROM infra_paper p LEFT JOIN infra_paper_file f ON f.paper_id = p.id"
        " WHERE p.kind = %s AND p.about = %s ORDER BY f.name",
        [kind, about],
    )
    if not found:
        return None
    files = tuple(_opened(row) for row in found if row.name is not None)
    return Paper(kind=kind, about=about, made_at=found[0].made_at, files=files)


def is_kept(*, kind: str, about: str) -> bool:
    """Tell whether a paper is kept, without reading it."""
    sql = "SELECT 1 FROM infra_paper WHERE kind = %s AND about = %s"
    return scalar(sql, [kind, about]) is not None


def papers(*, kind: str, starts: str = "") -> list[tuple[str, dt.datetime, tuple[str, ...]]]:
    """Return what is kept of a kind: (about, made at, names of files), by about.

    :param starts: how ``about`` begins
    """
    found = rows(
        "SELECT p.about, p.made_at, array_agg(f.name ORDER BY f.name) AS names"
        " FROM infra_paper p JOIN infra_paper_file f ON f.paper_id = p.id"
        " WHERE p.kind = %s AND starts_with(p.about, %s) GROUP BY p.id ORDER BY p.about",
        [kind, starts],
    )
    return [(row.about, row.made_at, tuple(row.names)) for row in found]


def signature_of(content: bytes) -> bytes:
    """Return the city's Ed25519 signature of bytes."""
    return crypto.sign(content)


def public_key_pem() -> bytes:
    """Return the key by which anybody can check our signatures, as PEM."""
    key = Ed25519PublicKey.from_public_bytes(crypto.keyring().public_key)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def verify() -> list[Finding]:
    """Prove that every kept file is what was signed."""
    every = rows("SELECT id FROM infra_paper ORDER BY id")
    return [finding for paper in every for finding in _broken(paper.id)]


def _broken(paper_id: int) -> list[Finding]:
    """Look at one paper at a time: together they are more than memory should hold."""
    found = rows(
        "SELECT p.id, p.kind, p.about, p.sealed, f.name, f.media_type, f.content, f.sha256,"
        " f.signature FROM infra_paper p JOIN infra_paper_file f ON f.paper_id = p.id"
        " WHERE p.id = %s",
        [paper_id],
    )
    return [
        Finding(
            check="papers.signatures",
            about=f"{row.kind} {row.about} {row.name}",
            says="is not what was signed",
        )
        for row in found
        if not _holds(row)
    ]


def _store(paper_id: int, one: PaperFile, sealed: bool) -> None:
    content = one.content
    if sealed:
        content = crypto.seal(SEAL, content, row=f"{paper_id}/{one.name}")
    execute(
        "INSERT INTO infra_paper_file (paper_id, name, media_type, content, sha256, signature)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [
            paper_id,
            one.name,
            one.media_type,
            content,
            hashlib.sha256(one.content).digest(),
            signature_of(one.content),
        ],
    )


def _content(row: Any) -> bytes:
    content = bytes(row.content)
    return crypto.unseal_bytes(SEAL, content, row=f"{row.id}/{row.name}") if row.sealed else content


def _opened(row: Any) -> KeptFile:
    content = _content(row)
    if hashlib.sha256(content).digest() != bytes(row.sha256):
        raise PaperChanged(name=row.name)
    return KeptFile(
        name=row.name,
        media_type=row.media_type,
        content=content,
        sha256=bytes(row.sha256).hex(),
        signature=bytes(row.signature),
    )


def _holds(row: Any) -> bool:
    try:
        content = _content(row)
    except crypto.SealBroken:
        return False
    right = hashlib.sha256(content).digest() == bytes(row.sha256)
    return right and crypto.verify(content, bytes(row.signature))
