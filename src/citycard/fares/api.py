"""The door of fares.

A city's tariffs and concessions are compiled once: ``book = fares.book(pack=…)``. Rides go in as
columns (``RideColumns``, a person-month after the other, in canonical order) and come out priced:
``fares.price(book=…, rides=…)``. ``fares.explain_ride`` prices the same rides again and says every
step of one of them in Chinese and in English.
"""

from citycard.fares.book import Book, Line, Mark, Stop
from citycard.fares.books import book
from citycard.fares.checking import check_fares
from citycard.fares.pricing import price
from citycard.fares.readings import keep_readings
from citycard.fares.values import (
    MICRO,
    NONE,
    Ended,
    Explained,
    PricedColumns,
    Ride,
    RideColumns,
)

__all__ = [
    "MICRO",
    "NONE",
    "Book",
    "Ended",
    "Explained",
    "Line",
    "Mark",
    "PricedColumns",
    "Ride",
    "RideColumns",
    "Stop",
    "book",
    "check_fares",
    "keep_readings",
    "price",
]
