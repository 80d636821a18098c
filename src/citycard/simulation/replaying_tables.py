"""Tables of taps on disk, part by part: CSV by the standard library, Parquet by pyarrow."""

import contextlib
import csv
import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

A_PART = 20_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class CannotReplay(Exception):
    """What was asked can't be replayed; the message says why and what to do."""


@dataclass(frozen=True)
class Rows:
    """A part of a table by columns; times are microseconds since 1970 UTC, None where a cell is
    empty. ``first_line`` is the first row's line in the file."""

    columns: Mapping[str, list[Any]]
    first_line: int

    def __getitem__(self, name: str) -> list[Any]:
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def open_rows(
    file: Path, *, needed: Sequence[str], may: Sequence[str], whole_numbers: Collection[str]
) -> Iterator[Rows]:
    """Yield a table's rows in parts, with the columns that are asked for.

    :raises CannotReplay: the file isn't there, isn't such a table, or a cell isn't what its column
        holds
    """
    if not file.is_file():
        raise CannotReplay(f"There is no file {file}: name a .csv or .parquet file.")
    if file.suffix == ".parquet":
        yield from _parquet(file, needed, may)
    elif file.suffix == ".csv":
        yield from _csv(file, needed, may, whole_numbers)
    else:
        raise CannotReplay(f"{file.name}: taps are read from .csv and .parquet files.")


@contextlib.contextmanager
def writing(
    file: Path, names: Sequence[str]
) -> Iterator[Callable[[Mapping[str, list[Any]]], None]]:
    """Write a table part by part; under its name only once it is whole.

    :raises CannotReplay: taps are written as .csv and .parquet only
    """
    if file.suffix not in (".csv", ".parquet"):
        raise CannotReplay(f"{file.name}: taps are written as .csv or .parquet.")
    fresh = file.with_suffix(f".new{file.suffix}")
    with _to_csv(fresh, names) if file.suffix == ".csv" else _to_parquet(fresh) as put:
        yield put
    fresh.replace(file)


def _csv(
    file: Path, needed: Sequence[str], may: Sequence[str], whole_numbers: Collection[str]
) -> Iterator[Rows]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        lines = _lines(file, csv.reader(text))
        names = next(lines, [])
        _check_names(file, names, needed)
        wanted = [(n, name) for n, name in enumerate(names) if name in {*needed, *may}]
        first, part = 2, list[list[str]]()
        for row in lines:
            if len(row) != len(names):
                raise CannotReplay(
                    f"{file.name}, line {first + len(part)}: {len(row)} cells where the first"
                    f" line names {len(names)} columns: write each cell, empty ones too."
                )
            part.append(row)
            if len(part) == A_PART:
                yield _typed(file, wanted, part, first, whole_numbers)
                first, part = first + len(part), []
        if part:
            yield _typed(file, wanted, part, first, whole_numbers)


def _lines(file: Path, lines: Iterable[list[str]]) -> Iterator[list[str]]:
    try:
        yield from lines
    except (csv.Error, UnicodeDecodeError) as broken:
        raise CannotReplay(
            f"{file.name}, line {_unreadable(file)}: not CSV in UTF-8: save it as CSV (UTF-8)."
        ) from broken


def _unreadable(file: Path) -> int:
    """Return the first line that is not text."""
    with file.open("rb") as lines:
        return next((n for n, line in enumerate(lines, 1) if not _is_text(line)), 0)


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _typed(
    file: Path, wanted: Sequence[tuple[int, str]], part: Sequence[Sequence[str]], first: int,
    whole_numbers: Collection[str],
) -> Rows:  # fmt: skip
    columns: dict[str, list[Any]] = {}
    for n, name in wanted:
        read, said = _how(name, whole_numbers)
        texts = [row[n] for row in part]
        try:
            columns[name] = [read(text) if text else None for text in texts]
        except ValueError:
            place = next(n for n, text in enumerate(texts) if text and not _reads(read, text))
            raise CannotReplay(
                f"{file.name}, line {first + place}: {name} is “{texts[place]}”: {said}."
            ) from None
    return Rows(columns, first)


def _how(name: str, whole_numbers: Collection[str]) -> tuple[Callable[[str], Any], str]:
    if name == "at":
        return _instant, "write an instant with its zone, such as 2016-03-01T08:15:00+08:00"
    if name in whole_numbers:
        return int, "write a whole number"
    return str, "write text"


def _reads(read: Callable[[str], Any], text: str) -> bool:
    with contextlib.suppress(ValueError):
        read(text)
        return True
    return False


def _instant(text: str) -> int:
    at = dt.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return (at - EPOCH) // _MICROSECOND


def _parquet(file: Path, needed: Sequence[str], may: Sequence[str]) -> Iterator[Rows]:
    arrow = _arrow()
    try:
        table = arrow.parquet.ParquetFile(file)
    except arrow.ArrowException as broken:
        raise CannotReplay(
            f"{file.name} is not a Parquet file, or it is cut off: write it again."
        ) from broken
    names = table.schema_arrow.names
    _check_names(file, names, needed)
    _check_time(file, table.schema_arrow.field("at").type if "at" in needed else None, arrow)
    wanted = [name for name in names if name in {*needed, *may}]
    first = 1
    for batch in table.iter_batches(A_PART, columns=wanted):
        columns = {name: _values(batch.column(name), arrow) for name in wanted}
        yield Rows(columns, first)
        first += batch.num_rows


def _values(column: Any, arrow: Any) -> list[Any]:
    if arrow.types.is_timestamp(column.type):
        column = column.cast(arrow.timestamp("us", tz="UTC")).cast(arrow.int64())
    values: list[Any] = column.to_pylist()
    return values


def _check_time(file: Path, kind: Any, arrow: Any) -> None:
    if kind is not None and not (arrow.types.is_timestamp(kind) and kind.tz is not None):
        raise CannotReplay(
            f"{file.name}: at holds {kind}: write timestamps with a zone (timestamp[us, tz=UTC])."
        )


def _check_names(file: Path, names: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in names]
    if missing:
        raise CannotReplay(
            f"{file.name}, line 1: the columns {', '.join(missing)} are missing: name them in the"
            " first line (docs/guides/replay.md says what each holds)."
        )


@contextlib.contextmanager
def _to_csv(
    file: Path, names: Sequence[str]
) -> Iterator[Callable[[Mapping[str, list[Any]]], None]]:
    with file.open("w", encoding="utf-8", newline="") as text:
        out = csv.writer(text)
        out.writerow(names)

        def put(columns: Mapping[str, list[Any]]) -> None:
            told = dict(columns) | {"at": _told(columns["at"])}
            out.writerows(zip(*(told[name] for name in names), strict=True))

        yield put


def _told(at_us: Iterable[int]) -> list[str]:
    return [(EPOCH + at * _MICROSECOND).isoformat() for at in at_us]


@contextlib.contextmanager
def _to_parquet(file: Path) -> Iterator[Callable[[Mapping[str, list[Any]]], None]]:
    arrow = _arrow()
    kinds = {
        "at": arrow.timestamp("us", tz="UTC"),
        "epoch": arrow.int32(),
        **{name: arrow.string() for name in ("issuer", "number_kind", "number", "leg", "operator")},
        **{name: arrow.string() for name in ("route", "stop", "vehicle", "ticket")},
    }
    with contextlib.ExitStack() as opened:
        out: Any = None

        def put(columns: Mapping[str, list[Any]]) -> None:
            nonlocal out
            table = arrow.table(
                {
                    name: arrow.array(values, kinds.get(name, arrow.int64()))
                    for name, values in columns.items()
                }
            )
            if out is None:
                out = opened.enter_context(
                    arrow.parquet.ParquetWriter(file, table.schema, compression="zstd")
                )
            out.write_table(table)

        yield put


def _arrow() -> Any:
    """Return pyarrow; it comes with the extra ``analytics``.

    :raises CannotReplay: it isn't installed
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as missing:
        raise CannotReplay(
            "Parquet needs pyarrow: install citycard[analytics], or take a .csv file."
        ) from missing
    return pyarrow
