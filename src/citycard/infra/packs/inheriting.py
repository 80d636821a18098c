"""Reads a pack's tables: its own files, laid over those of the parents that pack.yaml names.

``inherits:`` in pack.yaml says for each table from which pack it comes. A parent may inherit in its
turn. A parent that is no city of its own has a name that begins with ``_``.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from citycard.infra.packs.directories import parent_directory, parent_names
from citycard.infra.packs.laying import lay_over
from citycard.infra.packs.mistakes import PackError, Problem, nearest_word
from citycard.infra.packs.reading import Source, read_source

Reader = Callable[[str, str], Source]
ABOUT = "pack"
INHERITS = "inherits"


@dataclass
class Layers:
    """A pack and its parents, each file of which is read once."""

    directory: FilePath
    files: Mapping[str, str]
    optional: Collection[str] = ()
    read: Reader = read_source
    parents: dict[str, FilePath] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _known: dict[FilePath, Source | None] = field(default_factory=dict)

    def table(self, name: str) -> tuple[Source, ...]:
        """Return a table's files, in the order of their names, and note what is wrong with them."""
        layers = [self._own(directory, name) for directory in self._lineage(name)]
        found: dict[str, Source] = {}
        for each in reversed(layers):
            for file, source in each.items():
                found[file] = lay_over(source, found[file]) if file in found else source
        if not any(layers) and name not in self.optional and not self._failed(name):
            self._missing(name)
        return tuple(found[file] for file in sorted(found))

    def _lineage(self, table: str) -> Iterator[FilePath]:
        """Yield the directories that a table comes from, the pack's own first."""
        directory, seen = self.directory, [self.directory.name]
        yield directory
        while name := self._parent(directory, table):
            if name in seen:
                circle = " → ".join([*seen, name])
                self._at(directory, table, f"“{table}” is inherited in a circle: {circle}")
                return
            parent = self.parents.get(name) or parent_directory(name, beside=directory)
            if parent is None:
                known = parent_names(directory)
                message = f"there is no pack “{name}” to inherit from"
                self._at(directory, table, message, nearest_word(name, known))
                return
            if not (parent / self.files[table]).exists() and not self._parent(parent, table):
                self._at(directory, table, f"“{name}” has no {self.files[table]} to inherit")
                return
            self.parents[name] = parent
            seen.append(name)
            directory = parent
            yield directory

    def _parent(self, directory: FilePath, table: str) -> str | None:
        about = self._file(directory / self.files[ABOUT], directory)
        named = about.value.get(INHERITS) if about and isinstance(about.value, dict) else None
        parent = named.get(table) if isinstance(named, dict) else None
        return parent if isinstance(parent, str) else None

    def _own(self, directory: FilePath, table: str) -> dict[str, Source]:
        found = {}
        for path in paths(directory / self.files[table]):
            source = self._file(path, directory)
            if source is not None:
                found[path.name] = _without_inherits(source, directory != self.directory)
        return found

    def _file(self, path: FilePath, directory: FilePath) -> Source | None:
        if path not in self._known:
            self._known[path] = self._read(path, directory) if path.is_file() else None
        return self._known[path]

    def _read(self, path: FilePath, directory: FilePath) -> Source | None:
        file = path.relative_to(directory.parent).as_posix()
        try:
            return self.read(path.read_text("utf-8"), file)
        except UnicodeDecodeError as error:
            message = f"the file is not UTF-8: {error.reason}"
            self.problems.append(Problem(file=file, line=1, message=message))
        except PackError as error:
            self.problems.extend(error.problems)
        return None

    def _failed(self, table: str) -> bool:
        """Tell whether something was already said about a table that isn't there."""
        own = paths(self.directory / self.files[table])
        return bool(own) or self._parent(self.directory, table) is not None

    def _missing(self, table: str) -> None:
        file = f"{self.directory.name}/{self.files[table]}"
        message = f"this file is missing, and pack.yaml inherits no “{table}”"
        self.problems.append(Problem(file=file, line=1, message=message))

    def _at(
        self, directory: FilePath, table: str, message: str, nearest: str | None = None
    ) -> None:
        about = self._file(directory / self.files[ABOUT], directory)
        assert about is not None, "a parent is named in a file"
        problem = about.problem((INHERITS, table), message, nearest)
        if problem not in self.problems:
            self.problems.append(problem)


def _without_inherits(source: Source, inherited: bool) -> Source:
    """Leave out which tables a parent itself inherits: that is the parent's own affair."""
    if not inherited or not isinstance(source.value, dict) or INHERITS not in source.value:
        return source
    value = {key: inner for key, inner in source.value.items() if key != INHERITS}
    return Source(source.file, value, source.lines)


def paths(path: FilePath) -> list[FilePath]:
    """Return the files of a table: one file, or those of a directory."""
    if path.is_dir():
        return sorted(path.glob("*.yaml"))
    return [path] if path.is_file() else []


def strays(directory: FilePath, files: Mapping[str, str]) -> Iterator[Problem]:
    """Yield the files of a pack that no table is read from: a name that was mistyped."""
    known = set(files.values())
    for path in sorted(directory.rglob("*.yaml")):
        name = path.relative_to(directory)
        if not {name.as_posix(), name.parent.as_posix()} & known:
            file = f"{directory.name}/{name.as_posix()}"
            message = "no table is read from this file"
            outer = name if len(name.parts) == 1 else name.parent
            nearest = nearest_word(outer.as_posix(), known)
            yield Problem(file=file, line=1, message=message, nearest=nearest)
