"""Remember what a pack's files said, so that not every process has to read all of its YAML anew.

What was read is kept in the state directory, one file a city, under a mark made from everything it
came from: the pack's files, the schemas, and the code that reads them. Where the mark differs, or
nothing can be kept, the pack is simply read. Only packs without a mistake are kept.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from citycard.infra.packs.plain import plain, revived
from citycard.infra.packs.reading import Source
from citycard.infra.postgres.place import make_directory, state_root

Sources = dict[str, tuple[Source, ...]]
_CODE = FilePath(__file__).parent


def mark_of(directory: FilePath, schemas: FilePath) -> str:
    """Return a mark that is another one as soon as reading the pack could give something else."""
    digest = hashlib.sha256()
    for root, kind in ((directory, "*.yaml"), (schemas, "*.json"), (_CODE, "*.py")):
        for path in sorted(root.rglob(kind)):
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def recall(code: str, mark: str) -> Sources | None:
    """Return what was kept of a city's pack under this mark, or None."""
    try:
        kept = json.loads(_place(code).read_text("utf-8"), object_hook=revived)
        if kept["mark"] == mark:
            return {name: tuple(map(_source, rows)) for name, rows in kept["sources"].items()}
    except (OSError, ValueError, LookupError, TypeError):
        pass  # never kept, half written by another release, or not ours to read
    return None


def remember(code: str, mark: str, sources: Mapping[str, tuple[Source, ...]]) -> None:
    """Keep what was read; where that can't be, nothing is lost."""
    rows = {name: [_row(source) for source in each] for name, each in sources.items()}
    text = json.dumps({"mark": mark, "sources": rows}, ensure_ascii=False, default=plain)
    with contextlib.suppress(OSError):
        place = _place(code)
        make_directory(place.parent, mode=0o700)
        fresh = place.with_name(f"{place.name}.{os.getpid()}")
        fresh.write_text(text, "utf-8")
        fresh.replace(place)


def _place(code: str) -> FilePath:
    return state_root() / "packs" / f"{code}.json"


def _row(source: Source) -> list[Any]:
    return [source.file, source.value, [[line, *path] for path, line in source.lines.items()]]


def _source(row: list[Any]) -> Source:
    file, value, lines = row
    return Source(file, value, {tuple(path): line for line, *path in lines})
