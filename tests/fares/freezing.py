"""A corpus of priced rides, kept for good: whatever is built later must price them alike.

Each file keeps a table of fares as it was, rides, and what they cost. `python -m
tests.fares.freezing NAME CITY` freezes a new one; an old one is never written again.
"""

import json
import sys
from pathlib import Path
from typing import Any

from citycard.fares.book import Book
from citycard.fares.pricing import price
from citycard.fares.reading import read_book
from citycard.fares.values import PricedColumns, Ride, RideColumns
from citycard.infra.packs.pack import canonical, from_canonical

FOLDER = Path(__file__).parent / "corpus"
COLUMNS = (
    "fare_ntd",
    "owed_ntd",
    "points",
    "stored_ntd",
    "cash_ntd",
    "due_micro",
    "difference_micro",
)
PEOPLE, MOST = 30, 12


def book_of(kept: dict[str, Any]) -> Book:
    """Compile a kept table."""
    return read_book(
        kept["fares"], rights=kept["rights"], units=kept["units"], is_off=lambda day: False
    )


def outcome(book: Book, rides: list[list[int]]) -> list[list[int | str]]:
    """Price rides and write each one down as a row."""
    table = RideColumns.of(Ride(*ride) for ride in rides)  # an older file has fewer columns
    return rows(book, price(book=book, rides=table))


def rows(book: Book, priced: PricedColumns) -> list[list[int | str]]:
    """Write what rides cost: amounts, subsidies by fund, the reason."""
    columns = [getattr(priced, name).tolist() for name in COLUMNS]
    funds = priced.subsidies_micro.T.tolist()
    reasons = [book.reasons[place] for place in priced.reason]
    return [
        [*amounts, *subsidies, reason]
        for amounts, subsidies, reason in zip(
            zip(*columns, strict=True), funds, reasons, strict=True
        )
    ]


def freeze(name: str, city: str) -> None:
    """Keep a city's fares of today with random rides and what they cost."""
    from citycard.infra.packs import find_pack
    from tests.fares.test_same_as_a_plain_loop import month

    path = FOLDER / f"{name}.json"
    assert not path.exists(), "what is frozen stays"
    pack = find_pack(city)
    rights = {
        code: {"spends_on": right["spends_on"]}
        for code, right in pack.table("entitlements").items()
        if "spends_on" in right
    }
    units = {pack.table("fares")["points"]["unit"]: {}}
    kept = {"fares": pack.table("fares"), "rights": rights, "units": units}
    book = book_of(kept)
    rides = [list(ride) for ride in month(book, 20_260_302, PEOPLE, MOST)]
    whole = kept | {"rides": rides, "cost": outcome(book, rides)}
    FOLDER.mkdir(exist_ok=True)
    path.write_bytes(canonical(whole) + b"\n")


def read(path: Path) -> dict[str, Any]:
    """Read a kept file."""
    found: dict[str, Any] = from_canonical(path.read_bytes())
    return found


if __name__ == "__main__":
    freeze(*sys.argv[1:3])
    sys.stdout.write(json.dumps(sorted(path.name for path in FOLDER.iterdir())) + "\n")
