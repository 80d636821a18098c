"""Pricing rides in memory, and explaining single ones, beside copying the same columns."""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import fields

import numpy as np
from rich.console import Console

from bench.measuring.figures import Figure, Measured
from bench.measuring.ride_months import MIXES, Mix, rides_of
from citycard.fares import api as fares
from citycard.infra.packs import find_pack

MONTH = dt.date(2026, 3, 1)
EXPLAINED = 200


def measure(full: bool, console: Console) -> Measured:
    """Measure ``rides_priced_per_s`` by city and ``rides_explained_per_s``."""
    found = Measured()
    size = 5_000_000 if full else 500_000
    for city, mix in MIXES.items():
        with console.status(f"pricing {size:,} rides of {city}"):
            found.figures += _of_city(city, mix, size)
    found.conditions["pricing"] = "one core, one process, columns in memory; best of three"
    return found


def _of_city(city: str, mix: Mix, size: int) -> list[Figure]:
    book = fares.book(pack=find_pack(city))
    rides = rides_of(book, mix, rides=size, month=MONTH)
    priced = fares.price(book=book, rides=rides)
    paid = priced.collected_micro + priced.subsidies_micro.sum(axis=0) + priced.difference_micro
    assert (priced.due_micro == paid).all(), "a ride's money does not add up"
    price_s = _best(lambda: fares.price(book=book, rides=rides))
    copy_s = _best(lambda: [getattr(priced, each.name).copy() for each in fields(priced)])
    share = float(np.mean(priced.priced))
    return [
        Figure(
            name=f"rides_priced_per_s_{city}",
            value=size / price_s,
            unit="rides/s",
            reference=f"copying what comes out {size / copy_s:,.0f}/s; {share:.2%} have a fare",
        ),
        Figure(
            name=f"rides_explained_per_s_{city}",
            value=_explained_per_s(book, rides),
            unit="rides/s",
            reference="each priced anew with its month, in both languages",
        ),
    ]


def _explained_per_s(book: fares.Book, rides: fares.RideColumns) -> float:
    rows = np.linspace(0, min(len(rides), 20_000) - 1, EXPLAINED).astype(int)
    begins = time.perf_counter()
    for row in rows:
        fares.explain_ride(book=book, rides=rides, row=int(row))
    return EXPLAINED / (time.perf_counter() - begins)


def _best(work: Callable[[], object]) -> float:
    lasted = []
    for _ in range(3):
        begins = time.perf_counter()
        work()
        lasted.append(time.perf_counter() - begins)
    return min(lasted)
