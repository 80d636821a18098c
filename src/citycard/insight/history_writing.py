"""History as Parquet: a month's taps under the pseudonyms of their services, one file a month.

A file's columns, sorted by service, pseudonym and day:

* ``day`` date: local day of the tap itself
* ``service``, ``agency``, ``place`` text: codes of what was used where
* ``pseudonym`` int64: who, within this service alone; null where the card is nobody's
* ``served`` bool: false where the reader refused the card

There is no member's id and no number of a card. A month is complete when ``manifest.json`` names
its file with the count of its taps and the file's SHA-256.
"""

import datetime as dt
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from citycard.infra.database import execute, scalar
from citycard.infra.unit_of_work import require_unit_of_work
from citycard.insight.columns import Records
from citycard.insight.counting import NOBODY, SeenTaps
from citycard.insight.pseudonyms import pseudonyms
from citycard.insight.reading import read_taps
from citycard.insight.recounting import counted_batches

MANIFEST = "manifest.json"
_ROW = np.dtype(
    [("at", "<i4"), ("who", "<i8"), ("day", "<i4"), ("served", "?"), ("known", "?"), ("of", "<i4")]
)


@dataclass(frozen=True, kw_only=True)
class HistoryMonth:
    """A complete month of history.

    :ivar sha256: of the file's bytes
    :ivar version: which state of the figures it was written from
    """

    month: str
    file: str
    taps: int
    sha256: str
    version: str


def write_history(*, directory: Path, month: dt.date) -> HistoryMonth:
    """Write the counted taps of a month as Parquet; an older file of the month is replaced.

    Taps go on coming in; those that are not in the figures yet are not in the file either.

    :param month: first day of the local month
    """
    require_unit_of_work()
    execute("SELECT FROM insight_absorbed WHERE source = 'taps' FOR UPDATE")
    version = figures_version(month=month)
    table = _table(month)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory / f"{month:%Y-%m}.parquet"
    sha256 = _write(path, table)
    found = HistoryMonth(
        month=f"{month:%Y-%m}", file=path.name, taps=table.num_rows, sha256=sha256, version=version
    )
    known = {it.month: it for it in history_months(directory=directory)} | {found.month: found}
    _replace(
        directory / MANIFEST,
        json.dumps([asdict(it) for _, it in sorted(known.items())], indent=1).encode(),
    )
    return found


def history_months(*, directory: Path) -> list[HistoryMonth]:
    """List the complete months of a history, oldest first."""
    path = directory / MANIFEST
    if not path.exists():
        return []
    return [HistoryMonth(**it) for it in json.loads(path.read_text(encoding="utf-8"))]


def figures_version(*, month: dt.date) -> str:
    """Return what changes with every change of a month's figures."""
    found = scalar(
        "SELECT string_agg(version::text, ' ' ORDER BY service) FROM insight_cell WHERE month = %s",
        [month],
    )
    return str(found or "")


def _table(month: dt.date) -> Any:
    """Return a month as an Arrow table."""
    import pyarrow as pa

    places: dict[tuple[str, str, str], int] = {}
    parts = [np.empty(0, dtype=_ROW)]
    for batches in counted_batches(month):
        parts.append(_rows(read_taps(months=[month], batches=batches), places))
    rows = np.concatenate(parts)
    rows = rows[np.lexsort((rows["day"], rows["who"], rows["of"]))]
    columns: dict[str, Any] = {"day": pa.array(rows["day"]).cast(pa.date32())}
    for n, name in enumerate(("service", "agency", "place")):
        codes = pa.array([place[n] for place in places], pa.string())
        columns[name] = pa.DictionaryArray.from_arrays(rows["at"], codes).cast(pa.string())
    columns["pseudonym"] = pa.array(rows["who"], mask=~rows["known"])
    columns["served"] = pa.array(rows["served"])
    return pa.table(columns)


def _rows(seen: SeenTaps, places: dict[tuple[str, str, str], int]) -> Records:
    """Return taps as rows whose place is a number of this file."""
    codes = [(it.service, it.agency, it.place) for it in seen.places]
    numbers = np.array([places.setdefault(it, len(places)) for it in codes], dtype=np.int32)
    services = sorted({it[0] for it in codes})
    rows = np.zeros(len(seen), dtype=_ROW)
    rows["at"], rows["day"], rows["served"] = numbers[seen.at], seen.day, seen.served
    rows["known"] = seen.member != NOBODY
    of = np.array([services.index(it[0]) for it in codes], dtype=np.int32)[seen.at]
    for n, service in enumerate(services):
        mine = (of == n) & rows["known"]
        rows["who"][mine] = pseudonyms(service, seen.member[mine])
    rows["of"] = _ranks(services)[of]
    return rows


def _ranks(services: list[str]) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    """Return an order of services that is the same in every part of a month."""
    marks = [hashlib.sha256(it.encode()).digest()[:4] for it in services]
    return np.array([int.from_bytes(it) >> 1 for it in marks], dtype=np.int32)


def _write(path: Path, table: Any) -> str:
    import pyarrow.parquet as pq

    temporary = path.with_suffix(".new")
    pq.write_table(table, temporary, compression="zstd", row_group_size=1 << 17)
    content_hash = hashlib.sha256()
    with temporary.open("rb") as file:
        while piece := file.read(1 << 20):
            content_hash.update(piece)
        os.fsync(file.fileno())
    temporary.rename(path)
    return content_hash.hexdigest()


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_bytes(content)
    temporary.rename(path)
