"""Taps in files: what is written is read again, and a broken file is refused with line and remedy
before anything of it is sent."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from citycard.infra.packs import find_pack
from citycard.simulation import replaying_files as files
from citycard.simulation.replaying_tables import CannotReplay, writing
from citycard.taps.api import RidePart, SalePart, TapColumns, TapRead, columns_of

NAMES = [*files.NEEDED, *files.RIDE, *files.SALE]
MORNING = dt.datetime(2016, 3, 1, 0, 15, tzinfo=dt.UTC)
HEAD = "at,reader_id,epoch,seq,issuer,number_kind,number"
ROW = "2016-03-01T08:15:00+08:00,7,1,1,easycard,printed,8680000000000001"


@pytest.fixture
def known() -> files.Known:
    media = find_pack("taoyuan").table("cards")["media"]
    return files.known_of(readers=[7, 8], media=media)


def _taps(count: int) -> Iterator[TapRead]:
    for n in range(count):
        ride = RidePart(leg="whole", operator="taoyuan-bus", route="5", metres=3000, points_taken=9)
        yield TapRead(
            7 + n % 2, 1, n // 2 + 1, MORNING + dt.timedelta(seconds=20 * n), "easycard", "printed",
            str(8_680_000_000_000_000 + n), ride if n % 3 == 0 else None,
            SalePart(price_ntd=120, purse_ntd=500) if n % 5 == 0 else None,
        )  # fmt: skip


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_what_is_written_is_read_again(tmp_path: Path, known: files.Known, suffix: str) -> None:
    file = tmp_path / f"taps.{suffix}"
    columns = columns_of(reads=list(_taps(300)))
    with writing(file, NAMES) as put:
        put(files.rows_of(columns))
    assert files.check(file, known, lambda n: None) == 300
    found = [
        row
        for writer in range(2)
        for some, _ in files.uploads(file, writer=writer, writers=2)
        for row in _rows(some)
    ]
    assert sorted(found) == sorted(_rows(columns))
    assert list(tmp_path.iterdir()) == [file], "nothing else is left behind"


def test_taps_reach_the_city_within_a_quarter_of_an_hour_unless_they_were_held_back(
    tmp_path: Path,
) -> None:
    file = tmp_path / "taps.csv"
    held_back = ROW.replace("T08:15", "T02:00").replace("1,1,easy", "1,9999,easy")
    lines = [ROW.replace("08:15", f"08:{m:02d}").replace("1,1,", f"1,{m + 1},") for m in range(60)]
    file.write_text("\n".join([HEAD, *lines[:30], held_back, *lines[30:]]))
    waited: list[float] = []
    for columns, now in files.uploads(file, writer=1, writers=2):
        waited += [now.timestamp() - at / 1e6 for at in columns.at_us.tolist()]
    assert len(waited) == 61
    assert min(waited) >= 0
    assert sum(each > 15 * 60 for each in waited) == 1


def test_columns_that_a_file_does_not_need_may_be_missing_and_others_are_passed_over(
    tmp_path: Path, known: files.Known
) -> None:
    file = tmp_path / "taps.csv"
    file.write_text(f"note,{HEAD}\nfirst,{ROW}\n")
    assert files.check(file, known, lambda n: None) == 1
    [(columns, now)] = files.uploads(file, writer=1, writers=2)
    assert (columns.rides, columns.sales) == (None, None)
    assert now == MORNING + dt.timedelta(seconds=5)


def _filled(row: str) -> str:
    return row + "," * max(0, 8 - row.count(","))


LINES: dict[str, tuple[str, str]] = {
    "no number": (ROW.replace(",1,1,", ",1,one,"), "seq is “one”: write a whole number"),
    "no zone": (ROW.replace("+08:00", ""), "at is “2016-03-01T08:15:00”: write an instant with"),
    "no time": (ROW[25:], "at is empty: a tap has an instant"),
    "no reader": (ROW.replace(",7,", ",99,"), "the city has no reader 99: enrol"),
    "sequence 0": (ROW.replace(",1,1,", ",1,0,"), "seq is 0: number a reader's taps from 1 on"),
    "unknown numbers": (ROW.replace("printed", "painted"), ".*painted.* write one of .*easycard"),
    "no card": (ROW[:-16], "number is empty: a tap needs"),
    "bad leg": (f"{ROW},up,", "leg is “up”: write in, out or whole"),
    "no leg": (f"{ROW},,3000", "metres is given and leg is empty: say whether"),
    "a cell too many": (f"{ROW},,,", "10 cells where the first line names 9"),
}
BROKEN = {
    **{
        name: (f"{HEAD},leg,metres\n{ROW},,\n{_filled(row)}\n", f"line 3: {said}")
        for name, (row, said) in LINES.items()
    },
    "no column": ("at,reader_id\n2016-03-01,7", "line 1: the columns epoch, .* are missing"),
    "empty": ("", "line 1: the columns at, "),
    "no rows": (HEAD, "holds no taps"),
}


@pytest.mark.parametrize(("content", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused_with_line_and_remedy(
    tmp_path: Path, known: files.Known, content: str, said: str
) -> None:
    file = tmp_path / "taps.csv"
    file.write_text(content)
    with pytest.raises(CannotReplay, match=said):
        files.check(file, known, lambda n: None)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-50])


def _not_utf8(file: Path) -> None:
    file.write_bytes(f"{HEAD}\n".encode() + b"\xa4\xa4" + ROW.encode())


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        ("taps.parquet", _cut, "is not a Parquet file, or it is cut off: write it again"),
        ("taps.csv", _not_utf8, "line 2: not CSV in UTF-8"),
        ("taps.xlsx", _cut, r"read from \.csv and \.parquet files"),
    ],
)
def test_a_file_that_is_none_is_refused(
    tmp_path: Path, known: files.Known, name: str, spoil: Callable[[Path], None], said: str
) -> None:
    file = tmp_path / name
    written = file if file.suffix != ".xlsx" else tmp_path / "other.csv"
    with writing(written, NAMES) as put:
        put(files.rows_of(columns_of(reads=list(_taps(10)))))
    written.rename(file)
    spoil(file)
    with pytest.raises(CannotReplay, match=said):
        files.check(file, known, lambda n: None)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path, known: files.Known) -> None:
    with pytest.raises(CannotReplay, match="There is no file"):
        files.check(tmp_path / "none.csv", known, lambda n: None)


def _rows(columns: TapColumns) -> list[tuple[object, ...]]:
    told = files.rows_of(columns)
    told = {name: [str(v) for v in values] for name, values in told.items()}
    assert np.all([len(values) == len(columns) for values in told.values()])
    return list(zip(*(told[name] for name in NAMES), strict=True))
