"""A city pack in memory: its tables, where each value stands, and the hash of its content."""

import csv
import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from citycard.infra.packs.mistakes import PackError, Problem
from citycard.infra.packs.plain import plain, revived
from citycard.infra.packs.reading import Path, Source, read_source
from citycard.infra.packs.remembering import mark_of, recall, remember
from citycard.infra.packs.shapes import has_shape, problems_of_shape
from citycard.infra.packs.texts import Text
from citycard.kernel.periods import CityTime

# table → the file that holds it; a directory's files are put together
FILES: Mapping[str, str] = {
    "pack": "pack.yaml",
    "districts": "districts.yaml",
    "agencies": "agencies.yaml",
    "counters": "counters.yaml",
    "places": "places.yaml",
    "kiosks": "kiosks.yaml",
    "statuses": "statuses.yaml",
    "papers": "papers.yaml",
    "cards": "cards.yaml",
    "entitlements": "entitlements.yaml",
    "points": "points.yaml",
    "books": "books.yaml",
    "services": "services.yaml",
    "forms": "forms",
    "messages": "messages",
    "purposes": "purposes.yaml",
    "approvals": "approvals.yaml",
    "kpis": "kpis.yaml",
    "activities": "activities.yaml",
    "personas": "personas.yaml",
    "theme": "theme/tokens.yaml",
    "names": "people/names.yaml",
    "scenarios": "scenarios",
}
POPULATION = "people/population.csv"
_POPULATION_COLUMNS = 103  # district, sex, ages 0 to 99, 100 and over
_KEYED_BY = {"forms": "code"}  # how a directory's files become one table: by this key, or merged


class Residents(NamedTuple):
    """How many people of one sex live in a district, by age; the last count is 100 and over."""

    district: str
    sex: str
    by_age: tuple[int, ...]


@dataclass(frozen=True)
class Pack:
    """Everything that is particular to one city."""

    directory: FilePath
    sources: Mapping[str, tuple[Source, ...]] = field(repr=False)

    @cached_property
    def code(self) -> str:
        """The city's code, as its directory is named."""
        return str(self._about["code"])

    @cached_property
    def name(self) -> Text:
        """What the city is called."""
        return Text.read(self._about["name"])

    @cached_property
    def programme(self) -> Text:
        """What the city card is called."""
        return Text.read(self._about["programme"])

    @cached_property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self._about["zone"])

    @cached_property
    def time(self) -> CityTime:
        """The city's clock: its zone and the hour at which a service day begins."""
        starts = dt.time.fromisoformat(self._about["service_day_starts_at"])
        return CityTime(self.zone, starts)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the content: comments and the order of keys don't count, every value
        does."""
        tables = {name: self.table(name) for name in sorted(self.sources)}
        digest = hashlib.sha256(canonical(tables))
        for path in self._other_files():
            digest.update(path.relative_to(self.directory).as_posix().encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def table(self, name: str) -> Any:
        """Return a table as plain mappings and lists; treat it as read-only.

        :raises KeyError: when there is no table of that name.
        """
        return self._tables[name]

    def text(self, name: str, *path: str) -> Text:
        """Return a text of a table: ``pack.text("agencies", "agencies", "health", "name")``."""
        value = self.table(name)
        for step in path:
            value = value[step]
        return Text.read(value)

    def file(self, path: str) -> FilePath:
        """Return where one of the pack's other files lies, such as ``theme/mark.svg``."""
        return self.directory / path

    def population(self) -> tuple[Residents, ...]:
        """Return the register's figures by district, sex and age, for a demo city.

        :raises PackError: when a row of people/population.csv isn't right, with its line.
        """
        found = []
        with self.file(POPULATION).open(encoding="utf-8", newline="") as lines:
            numbered = [(n, line) for n, line in enumerate(lines, 1) if not line.startswith("#")]
        for number, line in numbered[1:]:
            row = next(csv.reader([line]))
            if len(row) != _POPULATION_COLUMNS or not all(each.isdigit() for each in row[2:]):
                file = f"{self.directory.name}/{POPULATION}"
                message = "a row has a district, a sex and 101 whole numbers"
                raise PackError([Problem(file=file, line=number, message=message)])
            found.append(Residents(row[0], row[1], tuple(map(int, row[2:]))))
        return tuple(found)

    def problem(self, table: str, path: Path, message: str, nearest: str | None = None) -> Problem:
        """Describe a mistake at a place of a table: file, line, sentence."""
        source, inner = self._place(table, path)
        return source.problem(inner, message, nearest)

    @property
    def _about(self) -> Mapping[str, Any]:
        about: Mapping[str, Any] = self.table("pack")
        return about

    @cached_property
    def _tables(self) -> dict[str, Any]:
        return {name: _together(name, sources) for name, sources in self.sources.items()}

    def _place(self, table: str, path: Path) -> tuple[Source, Path]:
        sources = self.sources[table]
        if FILES[table].endswith(".yaml") or not path:
            return sources[0], path
        key = _KEYED_BY.get(table)
        for source in sources:
            if key is not None and source.value[key] == path[0]:
                return source, path[1:]
            if key is None and path[0] in source.value:
                return source, path
        return sources[0], ()

    def _other_files(self) -> Iterator[FilePath]:
        known = {".svg", ".csv", ".png"}
        yield from sorted(path for path in self.directory.rglob("*") if path.suffix in known)


def canonical(value: Any) -> bytes:
    """Return a value as bytes that are equal when the content is."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain
    ).encode()


def load(directory: FilePath) -> Pack:
    """Read a pack and check every file's shape; what was read once needs no second reading.

    :raises PackError: with every mistake that was found.
    """
    mark = mark_of(directory, schemas_for(directory))
    sources = recall(directory.name, mark) if (directory / POPULATION).is_file() else None
    if sources is None:
        sources = _read_all(directory)
        remember(directory.name, mark, sources)
    return Pack(directory, sources)


def _read_all(directory: FilePath) -> dict[str, tuple[Source, ...]]:
    sources: dict[str, tuple[Source, ...]] = {}
    problems: list[Problem] = []
    for table, name in FILES.items():
        read = []
        for path in _paths(directory, name, problems):
            try:
                read.append(_read(path, directory, table, problems))
            except PackError as error:
                problems.extend(error.problems)
        sources[table] = tuple(read)
    if not (directory / POPULATION).is_file():
        file = f"{directory.name}/{POPULATION}"
        problems.append(Problem(file=file, line=1, message="this file is missing"))
    if problems:
        raise PackError(problems)
    return sources


def _read(path: FilePath, directory: FilePath, table: str, problems: list[Problem]) -> Source:
    file = path.relative_to(directory.parent).as_posix()
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        message = f"the file is not UTF-8: {error.reason}"
        raise PackError([Problem(file=file, line=1, message=message)]) from error
    source = read_source(text, file)
    schemas = schemas_for(directory)
    if has_shape(schemas, table):
        problems.extend(problems_of_shape(source, table, schemas))
    return source


def schemas_for(directory: FilePath) -> FilePath:
    """Return the schemas beside a pack, or the ones that come with CityCard."""
    beside = directory.parent / "_schema"
    return beside if beside.is_dir() else packaged_packs() / "_schema"


def packaged_packs() -> FilePath:
    """Return the directory of the packs that come with CityCard: in the wheel, or in the source
    tree."""
    package = FilePath(__file__).resolve().parents[2]
    inside = package / "citypacks"
    return inside if inside.is_dir() else package.parents[1] / "citypacks"


def _paths(directory: FilePath, name: str, problems: list[Problem]) -> list[FilePath]:
    path = directory / name
    found = sorted(path.glob("*.yaml")) if path.is_dir() else [path] if path.is_file() else []
    if not found:
        file = f"{directory.name}/{name}"
        problems.append(Problem(file=file, line=1, message="this file is missing"))
    return found


def _together(name: str, sources: tuple[Source, ...]) -> Any:
    if FILES[name].endswith(".yaml"):
        return sources[0].value
    key = _KEYED_BY.get(name)
    if key is not None:
        return {source.value[key]: source.value for source in sources}
    if isinstance(sources[0].value, list):
        return [row for source in sources for row in source.value]
    return {code: row for source in sources for code, row in source.value.items()}


def from_canonical(content: bytes) -> Any:
    """Return the value that ``canonical`` wrote, dates and all."""
    return json.loads(content, object_hook=revived)
