"""Keep the content of every pack that was ever active, so that old decisions can be re-executed."""

import datetime as dt
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from citycard.infra.database import execute, scalar
from citycard.infra.packs.pack import Pack, canonical, from_canonical
from citycard.infra.unit_of_work import require_unit_of_work


def keep_active(*, pack: Pack, now: dt.datetime) -> bool:
    """Keep a pack as the active one; return whether another one was active before.

    Going back to an older pack makes that one active again; its content is kept once.
    """
    require_unit_of_work()
    if active_hash() == pack.hash:
        return False
    tables = {name: pack.table(name) for name in sorted(pack.sources)}
    execute(
        "INSERT INTO packs_kept (hash, city, content, kept_at, activated_at)"
        " VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (hash) DO UPDATE SET activated_at = excluded.activated_at",
        [pack.hash, pack.code, zlib.compress(canonical(tables)), now, now],
    )
    return True


def active_hash(*, at: dt.datetime | None = None) -> str | None:
    """Return the hash of the active pack, or None before the first activation.

    :param at: the pack of this instant; None: of now. A pack that came back again and again is
        known by its first and its last activation.
    """
    if at is None:
        found = scalar("SELECT hash FROM packs_kept ORDER BY activated_at DESC LIMIT 1")
    else:
        found = scalar(_ACTIVE_AT, [at, at])
    return None if found is None else str(found)


def activated_at(*, pack_hash: str) -> dt.datetime | None:
    """Return when a pack was made the active one last, or None where it never was."""
    found: dt.datetime | None = scalar(
        "SELECT activated_at FROM packs_kept WHERE hash = %s", [pack_hash]
    )
    return found


_ACTIVE_AT = """
SELECT hash FROM packs_kept WHERE kept_at <= %s
ORDER BY CASE WHEN activated_at <= %s THEN activated_at ELSE kept_at END DESC LIMIT 1
"""


def kept_tables(*, pack_hash: str) -> dict[str, Any]:
    """Return every table of a pack as it was when it was active.

    :raises KeyError: no pack of that hash was ever active here
    """
    content = scalar("SELECT content FROM packs_kept WHERE hash = %s", [pack_hash])
    if content is None:
        raise KeyError(pack_hash)
    tables: dict[str, Any] = from_canonical(zlib.decompress(bytes(content)))
    return tables


@dataclass(frozen=True)
class KeptPack(Pack):
    """A pack as it was when it was active: its tables, without the files that they came from."""

    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    kept_hash: str = ""

    @cached_property
    def hash(self) -> str:
        """The hash that it was kept under."""
        return self.kept_hash

    @cached_property
    def _tables(self) -> dict[str, Any]:
        return self.kept


def kept_pack(*, pack_hash: str) -> Pack:
    """Return a pack that was active once, for executing an old decision again.

    :raises KeyError: no pack of that hash was ever active here
    """
    tables = kept_tables(pack_hash=pack_hash)
    return KeptPack(directory=Path(), sources={}, kept=tables, kept_hash=pack_hash)
