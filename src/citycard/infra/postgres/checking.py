"""Proving a base backup: every file in it has the size and checksum that the server noted."""

import gzip
import hashlib
import json
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from citycard.infra.postgres.errors import PostgresProblem

BASE, WAL, MANIFEST = "base.tar.gz", "pg_wal.tar.gz", "backup_manifest"
_PIECE = 1024 * 1024


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the server's list of what it copied.

    :raises PostgresProblem: it isn't there, or isn't what the server wrote
    """
    try:
        text = path.read_text(encoding="utf-8")
        manifest: dict[str, Any] = json.loads(text)
        covered = text[: text.rindex('"Manifest-Checksum"')]
    except (OSError, ValueError) as broken:
        raise PostgresProblem(f"{path} can't be read: this backup is damaged.") from broken
    if hashlib.sha256(covered.encode()).hexdigest() != manifest["Manifest-Checksum"]:
        raise PostgresProblem(f"{path} was changed: this backup is damaged.")
    return manifest


def check_base(
    directory: Path, manifest: Mapping[str, Any], *, tell: Callable[[int, int], None]
) -> None:
    """Compare every file of a backup with the manifest.

    :raises PostgresProblem: one is missing or differs; the message names it
    """
    wanted = {_path(entry): entry for entry in manifest["Files"]}
    total = sum(int(entry["Size"]) for entry in wanted.values())
    done = 0
    try:
        with opened(directory / BASE) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isfile() else None
                entry = wanted.pop(member.name, None)
                if content is None or entry is None:
                    continue
                if _sum(content) != entry["Checksum"]:
                    raise PostgresProblem(f"{member.name} in {directory} is damaged.")
                done += member.size
                tell(done, total)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as broken:
        raise PostgresProblem(f"{directory / BASE} can't be read: it is damaged.") from broken
    if wanted:
        raise PostgresProblem(f"{directory} lacks {min(wanted)} and {len(wanted) - 1} more files.")


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    """Read a compressed tar from its beginning to its end.

    pg_basebackup writes several gzip members one after the other, which tarfile itself can't read.
    """
    with gzip.open(path) as content, tarfile.open(fileobj=content, mode="r|") as tar:
        yield tar


def _path(entry: Mapping[str, Any]) -> str:
    if "Path" in entry:
        return str(entry["Path"])
    return bytes.fromhex(entry["Encoded-Path"]).decode(errors="surrogateescape")


def _sum(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := content.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()
