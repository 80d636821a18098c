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

from citycard.infra.packs.calendars import work_calendar
from citycard.infra.packs.directories import schemas_for
from citycard.infra.packs.inheriting import Layers, strays
from citycard.infra.packs.mistakes import PackError, Problem
from citycard.infra.packs.plain import plain, revived
from citycard.infra.packs.reading import Path, Source, read_source
from citycard.infra.packs.remembering import Parents, Sources, recall, remember
from citycard.infra.packs.shapes import has_shape, problems_of_shape
from citycard.infra.packs.texts import Text
from citycard.kernel.periods import CityTime
from citycard.kernel.workdays import WorkCalendar

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
    "readers": "readers.yaml",
    "forms": "forms",
    "messages": "messages",
    "purposes": "purposes.yaml",
    "approvals": "approvals.yaml",
    "offline": "offline.yaml",
    "kpis": "kpis.yaml",
    "activities": "activities.yaml",
    "attendance": "attendance.yaml",
    "personas": "personas.yaml",
    "theme": "theme/tokens.yaml",
    "names": "people/names.yaml",
    "scenarios": "scenarios",
    "fares": "fares.yaml",
    "calendar": "calendar.yaml",
    "offers": "offers.yaml",
    "replay": "replay.yaml",
}
OPTIONAL = frozenset(
    {"attendance", "calendar", "fares", "offers", "replay", "readers"}
)  # a table that a city need not have; it is empty then
POPULATION = "people/population.csv"
_OTHERS = {".svg", ".csv", ".png"}
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
    parents: tuple[FilePath, ...] = field(default=(), repr=False)

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
    def workdays(self) -> WorkCalendar:
        """On which days the city's offices work."""
        return work_calendar(self.table("calendar"))

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the content, inherited or not: comments and the order of keys don't count,
        every value does."""
        tables = {name: self.table(name) for name in sorted(self.sources)}
        digest = hashlib.sha256(canonical(tables))
        for name, path in self._other_files().items():
            digest.update(name.encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def table(self, name: str) -> Any:
        """Return a table as plain mappings and lists; treat it as read-only.

        :raises KeyError: when there is no table of that name.
        """
        return self._tables[name]

    def agencies_under(self, agency: str) -> list[str]:
        """Return an agency's code with those of the agencies under it, however deep."""
        table = self.table("agencies")["agencies"]
        found = [agency]
        for code in found:
            below = [one for one, row in table.items() if row.get("under") == code]
            found += [one for one in below if one not in found]  # a wrong pack may go in a circle
        return found

    def text(self, name: str, *path: str) -> Text:
        """Return a text of a table: ``pack.text("agencies", "agencies", "health", "name")``."""
        value = self.table(name)
        for step in path:
            value = value[step]
        return Text.read(value)

    def file(self, path: str) -> FilePath:
        """Return where one of the pack's other files lies, such as ``theme/mark.svg``: in the pack,
        or in a parent that has one of that name."""
        for root in (self.directory, *self.parents):
            if (root / path).is_file():
                return root / path
        return self.directory / path

    def population(self) -> tuple[Residents, ...]:
        """Return the register's figures by district, sex and age, for a demo city.

        :raises PackError: when a row of people/population.csv isn't right, with its line.
        """
        found = []
        with (self.directory / POPULATION).open(encoding="utf-8", newline="") as lines:
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

    def _other_files(self) -> dict[str, FilePath]:
        """Return the drawings and figures by name; the pack's own come before a parent's."""
        found: dict[str, FilePath] = {}
        for root in reversed((self.directory, *self.parents)):
            paths = (path for path in root.rglob("*") if path.suffix in _OTHERS)
            found.update((path.relative_to(root).as_posix(), path) for path in paths)
        return dict(sorted(found.items()))


def canonical(value: Any) -> bytes:
    """Return a value as bytes that are equal when the content is."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain
    ).encode()


def load(directory: FilePath) -> Pack:
    """Read a pack and check every file's shape; what was read once needs no second reading.

    :raises PackError: with every mistake that was found.
    """
    schemas = schemas_for(directory)
    kept = recall(directory, schemas) if (directory / POPULATION).is_file() else None
    if kept is None:
        kept = _read_all(directory)
        remember(directory, schemas, *kept)
    sources, parents = kept
    return Pack(directory, sources, tuple(parents.values()))


def _read_all(directory: FilePath) -> tuple[Sources, Parents]:
    layers = Layers(directory, FILES, OPTIONAL, read=read_source)
    sources = {table: layers.table(table) for table in FILES}
    problems = [*layers.problems, *_shapes(directory, sources), *_strays(directory, layers)]
    if not (directory / POPULATION).is_file():
        file = f"{directory.name}/{POPULATION}"
        problems.append(Problem(file=file, line=1, message="this file is missing"))
    if problems:
        raise PackError(problems)
    return sources, layers.parents


def _strays(directory: FilePath, layers: Layers) -> Iterator[Problem]:
    for each in (directory, *layers.parents.values()):
        yield from strays(each, FILES)


def _shapes(directory: FilePath, sources: Sources) -> Iterator[Problem]:
    schemas = schemas_for(directory)
    for table, read in sources.items():
        for source in read if has_shape(schemas, table) else ():
            yield from problems_of_shape(source, table, schemas)
    yield from _twice(sources)


def _twice(sources: Sources) -> Iterator[Problem]:
    """A directory's files are put together, so that a key may stand in one of them only."""
    for table, read in sources.items():
        seen: dict[str, Source] = {}
        for source in read:
            for key in _keys(table, source):
                if key in seen:
                    message = f"“{key}” stands in {seen[key].file}, too"
                    yield source.problem((key,), message)
                seen[key] = source


def _keys(table: str, source: Source) -> tuple[str, ...]:
    if not isinstance(source.value, dict):
        return ()
    key = _KEYED_BY.get(table)
    return tuple(source.value) if key is None else (str(source.value.get(key)),)


def _together(name: str, sources: tuple[Source, ...]) -> Any:
    if not sources:
        return {}
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
