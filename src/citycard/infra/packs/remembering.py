"""Remember what a pack's files said, so that not every process has to read all of its YAML anew.

What was read is kept in the state directory, one file a city, under a mark made from everything it
came from: the files of the pack and of its parents, the schemas, and the code that reads them.
Where the mark differs, or nothing can be kept, the pack is simply read. Only packs without a
mistake are kept.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from citycard.infra.packs.directories import parent_directory
from citycard.infra.packs.plain import plain, revived
from citycard.infra.packs.reading import Source
from citycard.infra.postgres.place import make_directory, state_root

Sources = dict[str, tuple[Source, ...]]
Parents = dict[str, FilePath]
_CODE = FilePath(__file__).parent


def recall(directory: FilePath, schemas: FilePath) -> tuple[Sources, Parents] | None:
    """Return what was kept of a pack, if it would be read the same again, or None."""
    try:
        kept = json.loads(_place(directory.name).read_text("utf-8"), object_hook=revived)
        parents = _parents(directory, kept["parents"])
        if kept["mark"] == mark_of([directory, *parents.values()], schemas):
            rows = kept["sources"].items()
            return {name: tuple(map(_source, each)) for name, each in rows}, parents
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        pass  # never kept, half written by another release, or not ours to read
    return None


def remember(
    directory: FilePath,
    schemas: FilePath,
    sources: Mapping[str, tuple[Source, ...]],
    parents: Parents,
) -> None:
    """Keep what was read; where that can't be, nothing is lost."""
    kept = {
        "mark": mark_of([directory, *parents.values()], schemas),
        "parents": list(parents),
        "sources": {name: [_row(source) for source in each] for name, each in sources.items()},
    }
    text = json.dumps(kept, ensure_ascii=False, default=plain)
    with contextlib.suppress(OSError):
        place = _place(directory.name)
        make_directory(place.parent, mode=0o700)
        fresh = place.with_name(f"{place.name}.{os.getpid()}")
        fresh.write_text(text, "utf-8")
        fresh.replace(place)


def mark_of(directories: Sequence[FilePath], schemas: FilePath) -> str:
    """Return a mark that is another one as soon as reading the pack could give something else."""
    digest = hashlib.sha256()
    roots = [(each, "*.yaml") for each in directories]
    for root, kind in (*roots, (schemas, "*.json"), (_CODE, "*.py")):
        digest.update(f"{root.name}\0".encode())
        for path in sorted(root.rglob(kind)):
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _parents(directory: FilePath, names: Sequence[str]) -> Parents:
    """Return where the parents lie today.

    :raises LookupError: one of them is nowhere
    """
    found: Parents = {}
    for name in names:
        place = parent_directory(name, beside=directory)
        if place is None:
            raise LookupError(name)
        found[name] = place
    return found


def _place(code: str) -> FilePath:
    return state_root() / "packs" / f"{code}.json"


def _row(source: Source) -> list[Any]:
    lines = [[line, *path] for path, line in source.lines.items()]
    return [source.file, source.value, lines, [[file, *p] for p, file in source.files.items()]]


def _source(row: list[Any]) -> Source:
    file, value, lines, files = row
    return Source(file, value, _by_path(lines), _by_path(files))


def _by_path(rows: list[Any]) -> dict[Any, Any]:
    return {tuple(path): found for found, *path in rows}
