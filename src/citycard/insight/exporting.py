"""The same figures as a file, CSV or Parquet: what is hidden on the page is hidden here."""

import csv
import importlib.util
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from citycard.insight.comparing import Comparison
from citycard.insight.figures import BandFigure, Figures
from citycard.insight.tree import Node
from citycard.kernel.errors import Refused

HIDDEN = "*"
"""Stands in a CSV file where a figure is kept back; the file says so in its last line. In Parquet
it is null."""

NameOf = Callable[[str, str], str]
"""Gives the name of a code: (``service`` | ``agency`` | ``place`` | ``category`` |
``step`` of a funnel, code)."""
_NUMBERS = ("uses", "people", "returning")


class NoParquet(Refused):
    """Parquet files need pyarrow, which this city runs without: install citycard[analytics], or
    take
    the CSV file."""

    code = "insight.no_parquet"
    http_status = 501


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Figures in rows; a number that is None is hidden."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]
    least: int


def figures_sheet(*, figures: Figures, name_of: NameOf) -> Sheet:
    """Write a service's month: totals, places, days, how regularly people came and how soon
    again."""
    service = name_of("service", figures.service)
    about = (figures.service, service)
    rows: list[tuple[str | int | None, ...]] = [("total", *about, figures.uses, figures.people)]
    rows += [
        ("place", place.place, name_of("place", place.place), place.uses, place.people)
        for place in figures.places
    ]
    rows += [("day", day.day.isoformat(), "", day.uses, day.people) for day in figures.days]
    rows += _bands("days of use", figures.bands) + _bands("days until again", figures.intervals)
    rows += [
        ("came again", *about, "", figures.returning),
        ("first-time users", *about, "", figures.new_people),
        ("answers", *about, figures.answered, ""),
        *(("answers by score", str(it.score), "", it.times, "") for it in figures.scores),
        *(("funnel", it.step, name_of("step", it.step), "", it.people) for it in figures.funnel),
        ("refused taps", *about, figures.refusals, ""),
    ]
    columns = ("table", "code", "name", "uses", "people")
    return Sheet(columns=columns, rows=tuple(rows), least=figures.least)


def _bands(table: str, bands: Sequence[BandFigure]) -> list[tuple[str | int | None, ...]]:
    return [(table, f"{it.least_days}-{it.most_days}", "", "", it.people) for it in bands]


def tree_sheet(*, top: Node, least: int, name_of: NameOf) -> Sheet:
    """Write the city's tree, one line a cell, each under its parent; there is no number of
    people in ranges, and above services where they weren't counted together."""
    rows = tuple(
        (
            node.kind,
            node.code,
            node.names.get("zh-Hant") or name_of(node.kind, node.own_code),
            node.uses,
            node.people if node.counts_people else "",
        )
        for node in top.walk()
    )
    return Sheet(columns=("level", "code", "name", "uses", "people"), rows=rows, least=least)


def comparison_sheet(*, comparison: Comparison, month: str, name_of: NameOf) -> Sheet:
    """Write agencies side by side, each with its own months."""
    rows: list[tuple[str | int | None, ...]] = []
    for row in comparison.rows:
        page = row.page
        about = (page.service, name_of("service", page.service), page.agency)
        named = (*about, name_of("agency", page.agency))
        rows.append((month, *named, page.uses, page.people, page.returning))
        rows += [(f"{it:%Y-%m}", *named, "", people, "") for it, people in row.history[:-1]]
    columns = ("month", "service", "service_name", "agency", "agency_name", "uses", "people")
    return Sheet(columns=(*columns, "returning"), rows=tuple(rows), least=comparison.least)


def writes_parquet() -> bool:
    """Tell whether Parquet files can be written here."""
    return importlib.util.find_spec("pyarrow") is not None


def as_csv(*, sheet: Sheet) -> str:
    """Write a sheet as CSV, with a byte-order mark, without which spreadsheets misread Chinese."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(sheet.columns)
    for row in sheet.rows:
        writer.writerow([HIDDEN if cell is None else cell for cell in row])
    writer.writerow([f"{HIDDEN}: {_note(sheet)}"])
    return out.getvalue()


def as_parquet(*, sheet: Sheet) -> bytes:
    """Write a sheet as Parquet: texts, and numbers that are null where hidden.

    :raises NoParquet: pyarrow is not installed
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise NoParquet() from None
    columns: dict[str, Any] = {}
    for n, name in enumerate(sheet.columns):
        values = [row[n] if row[n] != "" else None for row in sheet.rows]
        columns[name] = pa.array(values, pa.int64() if name in _NUMBERS else pa.string())
    table = pa.table(columns).replace_schema_metadata({"null": _note(sheet)})
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def _note(sheet: Sheet) -> str:
    return f"hidden, fewer than {sheet.least} people or needed to protect such a cell"
