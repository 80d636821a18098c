"""Fares for tests: small tables of our own, and those of the packs."""

import datetime as dt
from functools import lru_cache
from typing import Any

from citycard.fares.book import Book
from citycard.fares.books import book as book_of
from citycard.fares.pricing import price
from citycard.fares.reading import read_book
from citycard.fares.spans import day_number
from citycard.fares.values import PricedColumns, Ride, RideColumns
from citycard.infra.packs import find_pack

NAME = {"zh-Hant": "名", "en": "Name"}
START = dt.date(2010, 1, 1)


@lru_cache
def city_book(code: str) -> Book:
    """Return a city's fares as its pack has them."""
    return book_of(pack=find_pack(code))


def day(text: str) -> int:
    """Return a date as columns have it."""
    return day_number(dt.date.fromisoformat(text))


def at(text: str) -> int:
    """Return an instant as columns have it; zone left aside."""
    return int(dt.datetime.fromisoformat(f"{text}+00:00").timestamp())


def priced(book: Book, *rides: Ride) -> PricedColumns:
    """Price rides and prove that each one's money adds up."""
    result = price(book=book, rides=RideColumns.of(rides))
    paid = result.collected_micro + result.subsidies_micro.sum(axis=0) + result.difference_micro
    assert (result.due_micro == paid).all()
    assert (result.owed_ntd == result.points + result.stored_ntd + result.cash_ntd).all()
    return result


def table(**changes: Any) -> dict[str, Any]:
    """Return a small table of fares: one bus operator, one metro, marks as asked for."""
    tariff = changes.pop("tariff", {"kind": "flat", "ntd": 15})
    concessions = changes.pop("concessions", {})
    points = changes.pop("points", {})
    whole: dict[str, Any] = {
        "source": "test",
        "operators": {"bus": {"name": NAME}, "metro": {"name": NAME}, "any": {"name": NAME}},
        "modes": {
            "bus": {"name": NAME, "what": "ride"},
            "metro": {"name": NAME, "what": "ride"},
            "other": {"name": NAME, "what": "use"},
        },
        "media": {"easycard": {"name": NAME, "overdraft": [{"from": START, "ntd": 60}]}},
        "classes": {
            "bus": _group("bus", "bus", "bus"),
            "metro": _group("metro", "told", "metro"),
            "other": _group("other", "told", "any"),
        },
        "tariffs": {
            "bus": {"name": NAME, "source": "test", "rows": [{"from": START, **tariff}]},
            "told": {
                "name": NAME,
                "source": "test",
                "rows": [{"from": START, "kind": "told"}],
            },
        },
        "marks": {
            "senior": {"name": NAME, "entitlement": "senior-rides"},
            "student": {"name": NAME, "profile": ["student"]},
        },
        "concessions": {code: _concession(each) for code, each in concessions.items()},
        "order": {"value": list(concessions), "source": "test"},
        "funds": {
            "city": {"name": NAME, "column": "other"},
            "welfare": {"name": NAME, "column": "welfare"},
        },
        "points": {
            "unit": "ride-points",
            "fund": "welfare",
            "source": "test",
            "partial": [{"from": START, "use": True}],
            "rules": {},
            **points,
        },
        "payment": {
            "order": ["points", "stored_value", "cash"],
            "source": "test",
            "boards_at_ntd": 0,
        },
    }
    return whole | changes


def _group(mode: str, tariff: str, operator: str) -> dict[str, Any]:
    return {"name": NAME, "mode": mode, "tariff": tariff, "operators": [operator]}


def _concession(each: dict[str, Any]) -> dict[str, Any]:
    about = {key: each[key] for key in ("who", "unless", "group", "modes", "fund") if key in each}
    rows = [{"from": START, **{k: v for k, v in each.items() if k not in about and k != "rows"}}]
    return {"name": NAME, "source": "test", "fund": "city", **about, "rows": each.get("rows", rows)}


def read(
    fares: dict[str, Any],
    *,
    limits: Any = None,
    rights: Any = None,
    off: frozenset[dt.date] = frozenset(),
) -> Book:
    """Compile a table."""
    units = {"ride-points": {"monthly": {"limits": limits or {}}}}
    return read_book(fares, rights=rights or {}, units=units, is_off=off.__contains__)
