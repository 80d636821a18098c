"""Lays a pack's own file over the one that it inherits, key by key; every value keeps the file and
the line that it came from."""

from typing import Any

from citycard.infra.packs.reading import Path, Source


def lay_over(own: Source, inherited: Source) -> Source:
    """Return what a file says together with the one of the same name that it inherits.

    Mappings are put together key by key. Anything else of the pack's own (a list, a text, a number)
    takes the place of what was inherited; ``null`` removes a key that was inherited. The pack's own
    keys come first, in its own order.
    """
    together = Source(own.file)
    together.value = _laid(own, inherited, (), together)
    return together


def _laid(own: Source, inherited: Source, path: Path, together: Source) -> Any:
    mine, theirs = at(own.value, path), at(inherited.value, path)
    if not isinstance(mine, dict) or not isinstance(theirs, dict):
        _take(own, path, together)
        return mine
    _mark(own, path, together)
    found: dict[str, Any] = {}
    for key, value in mine.items():
        if key not in theirs:
            found[key] = value
            _take(own, (*path, key), together)
        elif value is not None:
            found[key] = _laid(own, inherited, (*path, key), together)
    for key, value in theirs.items():
        if key not in mine:
            found[key] = value
            _take(inherited, (*path, key), together)
    return found


def at(value: Any, path: Path) -> Any:
    """Return what stands at a path of a value."""
    for step in path:
        value = value[step]
    return value


def _take(source: Source, path: Path, together: Source) -> None:
    """Take over where a value, and everything within it, stands."""
    _mark(source, path, together)
    inner = at(source.value, path)
    if isinstance(inner, dict | list):
        for step in inner if isinstance(inner, dict) else range(len(inner)):
            _take(source, (*path, step), together)


def _mark(source: Source, path: Path, together: Source) -> None:
    together.lines[path] = source.line(path)
    if (file := source.file_of(path)) != together.file:
        together.files[path] = file
