"""Where packs lie: beside each other, in the directories of CITYCARD_PACKS, among those that come
with CityCard."""

import os
from collections.abc import Iterator
from pathlib import Path as FilePath


def packaged_packs() -> FilePath:
    """Return the directory of the packs that come with CityCard: in the wheel, or in the source
    tree."""
    package = FilePath(__file__).resolve().parents[2]
    inside = package / "citypacks"
    return inside if inside.is_dir() else package.parents[1] / "citypacks"


def pack_directories() -> tuple[FilePath, ...]:
    """Return the directories that are searched, in order."""
    named = os.environ.get("CITYCARD_PACKS", "").split(os.pathsep)
    return (*(FilePath(each) for each in named if each), packaged_packs())


def schemas_for(directory: FilePath) -> FilePath:
    """Return the schemas beside a pack, or the ones that come with CityCard."""
    beside = directory.parent / "_schema"
    return beside if beside.is_dir() else packaged_packs() / "_schema"


def parent_directory(name: str, *, beside: FilePath) -> FilePath | None:
    """Return where the parent of a pack lies: beside it, or where packs are searched."""
    for root in (beside.parent, *pack_directories()):
        if (root / name).is_dir() and (root / name).resolve() != beside.resolve():
            return root / name
    return None


def parent_names(beside: FilePath) -> tuple[str, ...]:
    """Return every name that a pack can inherit from."""
    return tuple(sorted({name for name in _names(beside)} - {"_schema", beside.name}))


def _names(beside: FilePath) -> Iterator[str]:
    for root in (beside.parent, *pack_directories()):
        if root.is_dir():
            yield from (path.name for path in root.iterdir() if path.is_dir())
