"""A month of rides to price: persons with the marks, lines, distances and mistakes of a city."""

import datetime as dt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from citycard.fares import api as fares

Column = npt.NDArray[np.int64]
RIDES_A_PERSON = 17
SECONDS_A_DAY = 86_400


class Mix(NamedTuple):
    """What people ride on and who they are, with the share of each.

    :ivar lines: (operator, route) → share of rides
    :ivar people: marks → share of persons
    """

    lines: dict[tuple[str, str], float]
    people: dict[tuple[str, ...], float]


MIXES = {
    "taichung": Mix(
        {
            ("city-bus", "300"): 0.60,
            ("fengyuan-bus", "206"): 0.16,
            ("intercity-bus", "6187"): 0.07,
            ("taichung-metro", ""): 0.10,
            ("tra", ""): 0.02,
            ("taxi", ""): 0.04,
            ("clinics", ""): 0.01,
        },
        {
            (): 0.28,
            ("resident",): 0.38,
            ("child", "resident"): 0.10,
            ("senior",): 0.21,
            ("disability",): 0.03,
        },
    ),
    # 47.4 of 53.6 million rides were on buses, 3.0 on trains, 2.6 on metros
    "taoyuan": Mix(
        {
            ("taoyuan-bus", "5"): 0.885,
            ("tra", ""): 0.056,
            ("taipei-metro", ""): 0.039,
            ("airport-metro", ""): 0.010,
            ("youbike", ""): 0.009,
            ("love-taxi", ""): 0.001,
        },
        {
            (): 0.25,
            ("citizen",): 0.25,
            ("citizen", "child", "primary"): 0.07,
            ("citizen", "secondary"): 0.16,
            ("citizen", "senior"): 0.22,
            ("citizen", "disability"): 0.05,
        },
    ),
}


def rides_of(
    book: fares.Book, mix: Mix, *, rides: int, month: dt.date, seed: int = 7
) -> fares.RideColumns:
    """Draw a month's rides, person after person in the order of time; one in a hundred isn't
    tapped out of, and a device tells the purse every second time."""
    draw = np.random.default_rng(seed)
    people = max(1, rides // RIDES_A_PERSON)
    person = np.sort(draw.integers(0, people, rides))
    first = (month - dt.date(1970, 1, 1)).days
    at = (first + draw.integers(0, 28, rides)) * SECONDS_A_DAY + draw.integers(0, 57_600, rides)
    at = at[np.lexsort((at, person))]
    places = np.array([book.line(operator=o, route=r) for o, r in mix.lines])
    line = places[draw.choice(len(places), rides, p=list(mix.lines.values()))]
    bits = np.array([book.bits(*marks) for marks in mix.people])
    marks = bits[draw.choice(len(bits), people, p=list(mix.people.values()))]
    none = np.full(rides, fares.NONE)
    missing = draw.random(rides) < 0.01
    origin, destination = _ends(book, draw, line)
    return fares.RideColumns(
        person=person,
        boarded_at=at,
        alighted_at=np.where(missing, none, at + draw.integers(300, 5_000, rides)),
        day=at // SECONDS_A_DAY,
        line=line,
        origin=origin,
        destination=destination,
        metres=np.where(origin == fares.NONE, draw.integers(300, 25_000, rides), none),
        told_ntd=draw.integers(15, 300, rides),
        marks=marks[person],
        medium=np.zeros(rides, np.int64),
        ended=missing * int(fares.Ended.MISSING_CHARGED),
        points_open=np.full(rides, 800),
        purse_ntd=np.where(draw.random(rides) < 0.5, none, draw.integers(0, 900, rides)),
        charged_ntd=none,
        date=none,
        before=np.zeros_like(none),
    )


def _ends(book: fares.Book, draw: np.random.Generator, line: Column) -> tuple[Column, Column]:
    """Draw two stops of each ride on a line whose stops are known."""
    origin, destination = (np.full(len(line), fares.NONE) for _ in range(2))
    for place in {stop.line for stop in book.stops}:
        stops = np.array([at for at, stop in enumerate(book.stops) if stop.line == place])
        rows = np.flatnonzero(line == place)
        origin[rows], destination[rows] = (draw.choice(stops, len(rows)) for _ in range(2))
    return origin, destination
